import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { checkAugmentation, formatAugmentation, parseAugmentation } from "./parse.ts";
import { presetNames, presets } from "./presets.ts";
import { mixes, sourceSide, usualRatio } from "./spec.ts";
import { type Argument, words } from "./words.ts";

test("presets, words, and words that change a preset", () => {
  expect(parseAugmentation("none")).toEqual({});
  expect(parseAugmentation(" Standard ")).toEqual(presets.standard);
  expect(parseAugmentation("flip, rotate:20,crop:0.6-1")).toEqual({
    flip: true,
    rotate: 20,
    crop: { area: [0.6, 1], ratio: usualRatio },
  });
  expect(parseAugmentation("light,no-flip,crop:0.5-0.9:1-1,hue:.1")).toEqual({
    crop: { area: [0.5, 0.9], ratio: [1, 1] },
    hue: 0.1,
  });
  expect(parseAugmentation("standard,rotate:0").rotate).toBeUndefined();
  expect(parseAugmentation("erase:1").erase).toEqual({ probability: 1, area: [0.02, 0.2] });
});

test("every preset is right, and reads back from its words", () => {
  for (const name of presetNames) {
    expect(() => checkAugmentation(presets[name])).not.toThrow();
    expect(parseAugmentation(formatAugmentation(presets[name]))).toEqual(presets[name]);
  }
  expect(formatAugmentation({})).toBe("none");
  expect(formatAugmentation(presets.light)).toBe("flip,crop:0.8-1");
});

test("formatAugmentation is the inverse of parseAugmentation", () => {
  const amount = ({ kind, least, most, whole }: Argument) => {
    const number = whole
      ? fc.integer({ min: 1, max: most })
      : fc.double({ min: Math.max(least, 1e-9), max: most, noNaN: true });
    return kind === "number"
      ? number
      : fc.tuple(number, number).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  };
  const spec = fc.record(
    Object.fromEntries(
      Object.entries(words).map(([field, word]) => [
        field,
        fc.tuple(...word.arguments.map(amount)).map((amounts) => word.make(amounts as never)),
      ]),
    ),
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(spec, (each) => {
      expect(parseAugmentation(formatAugmentation(each))).toEqual(each);
    }),
    { seed: 51 },
  );
});

function failure(text: string): UsageError {
  try {
    parseAugmentation(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken`);
}

test.each([
  ["rotate", 'Closest: "rotate:15".'],
  ["rotate:200", 'Closest: "rotate:2".'],
  ["rotate:x", 'Closest: "rotate:15".'],
  ["rotat:20", 'Closest: "rotate:20".'],
  ["crop:0.6", 'Closest: "crop:0.6-1".'],
  ["crop:1-0.6", 'Closest: "crop:0.6-1".'],
  ["crop:60-100", 'Closest: "crop:0.6-1".'],
  ["brightness:20", 'Closest: "brightness:0.2".'],
  ["pad:1.5", 'Closest: "pad:2".'],
  ["flip:1", 'Closest: "flip".'],
  ["flip,flip", 'Closest: "flip".'],
  ["no-crop:0.6-1", 'Closest: "no-crop".'],
  ["flip,standard", 'Closest: "standard".'],
  ["standart", 'Closest: "standard".'],
  ["hue:0.1:0.2", 'Closest: "hue:0.1".'],
  ["", 'For example: "standard", "flip,rotate:20,crop:0.6-1".'],
  ["flip,", 'For example: "standard", "flip,rotate:20,crop:0.6-1".'],
])("'%s' is refused and the next step is: %s", (text, next) => {
  const error = failure(text);
  expect(error.parts.next).toBe(next);
  expect(error.message).toContain("crop:AREA[:RATIO]");
});

test("a whole message", () => {
  expect(failure("crop:0.6").message).toMatchInlineSnapshot(
    `"'crop:0.6': AREA must be a range LOW-HIGH within 0.01 to 1. Augmentation is none, light, standard, strong, or words with commas between: flip, flip-vertical, crop:AREA[:RATIO], margin:PIXELS, pad:PIXELS, rotate:DEGREES, shift:SHARE, zoom:FACTOR, shear:DEGREES, brightness:AMOUNT, contrast:AMOUNT, saturation:AMOUNT, hue:SHARE, erase:PROBABILITY[:AREA], mixup:ALPHA, cutmix:ALPHA. Words after a preset change it: "standard,rotate:30,no-flip". Closest: "crop:0.6-1"."`,
  );
});

test("any text is either an augmentation or a UsageError, and what is proposed is right", () => {
  const word = fc.stringMatching(
    /^(no-)?(flip|crop|rotate|zoom|erase|mixup|pad|strong|[a-z]{0,5})[: ,]?[0-9.e-]{0,6}[:,]?[0-9.-]{0,7}$/,
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((all) => all.join(",")),
      ),
      (text) => {
        try {
          parseAugmentation(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          const proposed = /"([^"]*)"\.$/.exec(String(error))?.[1];
          expect(() => parseAugmentation(proposed ?? "nothing proposed")).not.toThrow();
        }
      },
    ),
    { seed: 52, numRuns: 500 },
  );
});

test("a program's own specification is checked as well", () => {
  expect(() => checkAugmentation({ rotate: 20, zoom: [0.5, 2] })).not.toThrow();
  expect(() => checkAugmentation({ rotate: -20 })).toThrow("augment.rotate: -20 is no number from 0 to 180.");
  expect(() => checkAugmentation({ zoom: [2, 0.5] })).toThrow("LOW-HIGH");
  expect(() => checkAugmentation({ mixup: Number.NaN })).toThrow(UsageError);
});

test.for<[string, RegExp]>([
  ['{ "flip": false }', /augment\.flip: false is not what it takes: true, or nothing/],
  ['{ "flipp": true }', /augment\.flipp is no augmentation.*Closest: flip\./],
  ['{ "crop": 0.5 }', /augment\.crop: 0\.5 is not what it takes/],
  ['{ "crop": { "area": [0.5, 1] } }', /augment\.crop: undefined is no range/],
  ['{ "zoom": null }', /augment\.zoom: null is not what it takes/],
  ['{ "rotate": "20" }', /augment\.rotate: "20" is not what it takes/],
  ['{ "rotate": true }', /augment\.rotate: true is not what it takes/],
  ["5", /augment is 5, no text and no object/],
  ["null", /augment is null, no text and no object/],
])("what a program without types may pass is refused in words: %s", ([json, message]) => {
  const check = () => checkAugmentation(JSON.parse(json));
  expect(check).toThrow(UsageError);
  expect(check).toThrow(message);
});

test("squares are fed larger where crops are cut from them, and as they are where nothing is", () => {
  expect(sourceSide({}, 224)).toBe(224);
  expect(sourceSide({ margin: 32 }, 224)).toBe(256);
  expect(sourceSide({ crop: { area: [0.6, 1], ratio: usualRatio } }, 224)).toBe(250);
  expect(sourceSide({ crop: { area: [0.1, 1], ratio: usualRatio } }, 224)).toBe(280);
});

test("mixing is seen from the alphas", () => {
  expect([mixes({}), mixes({ mixup: 0 }), mixes({ cutmix: 1 }), mixes(presets.strong)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
