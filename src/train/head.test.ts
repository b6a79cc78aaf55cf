import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { activations } from "../surgery/head-graph.ts";
import { formatHead, type HeadLayer, parseHead } from "./head.ts";

test("the linear head is no layer at all", () => {
  expect(parseHead("linear")).toEqual([]);
  expect(formatHead([])).toBe("linear");
});

test("layers in their order; relu is the default activation", () => {
  expect(parseHead("dense:1024, Dropout:0.2,dense:256:gelu")).toEqual([
    { kind: "dense", units: 1024, activation: "relu" },
    { kind: "dropout", rate: 0.2 },
    { kind: "dense", units: 256, activation: "gelu" },
  ]);
});

test("formatHead is the inverse of parseHead", () => {
  const layer: fc.Arbitrary<HeadLayer> = fc.oneof(
    fc.record({
      kind: fc.constant("dense" as const),
      units: fc.integer({ min: 1, max: 65_536 }),
      activation: fc.constantFrom(...activations),
    }),
    fc.record({
      kind: fc.constant("dropout" as const),
      rate: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((rate) => rate + 0),
    }),
  );
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 32 }), (spec) => {
      expect(parseHead(formatHead(spec))).toEqual(spec);
    }),
    { seed: 11 },
  );
});

function failure(text: string): UsageError {
  try {
    parseHead(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken`);
}

test.each([
  ["dense", 'For example: "dense:256:relu,dropout:0.2".'],
  ["dense 256", 'Closest: "dense:256:relu".'],
  ["dense:256:rellu", 'Closest: "dense:256:relu".'],
  ["dens:256:gelu,drop:0.3", 'Closest: "dense:256:gelu,dropout:0.3".'],
  ["256", 'Closest: "dense:256:relu".'],
  ["dropout:20", 'Closest: "dropout:0.2".'],
  ["dropout:1", 'Closest: "dropout:0.2".'],
  ["dense:0", 'For example: "dense:256:relu,dropout:0.2".'],
  ["dense:1000000", 'Closest: "dense:65536:relu".'],
  ["linear,dense:64", 'Closest: "dense:64:relu".'],
  ["", 'For example: "dense:256:relu,dropout:0.2".'],
])("'%s' is refused and the next step is: %s", (text, next) => {
  const error = failure(text);
  expect(error.parts.next).toBe(next);
  expect(error.message).toContain("dense:UNITS:ACTIVATION");
});

test("any text is either a head or a UsageError, and what is proposed is a head", () => {
  const word = fc.stringMatching(
    /^(dense|dropout|drop|linear|[a-z]{0,5})[: ,]?[0-9.e-]{0,6}[:,]?[a-z]{0,7}$/,
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(",")),
      ),
      (text) => {
        try {
          parseHead(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          const proposed = /"([^"]*)"\.$/.exec(String(error))?.[1];
          expect(() => parseHead(proposed ?? "nothing proposed")).not.toThrow();
        }
      },
    ),
    { seed: 12, numRuns: 500 },
  );
});

test("a head of a thousand layers is refused", () => {
  expect(failure("dense:8,".repeat(1000)).message).toContain("at most 32");
});
