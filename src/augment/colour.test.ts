import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { brightness, type ColourMap, colourChain, contrast, hue, saturation } from "./colour.ts";

function apply(map: ColourMap, [r = 0, g = 0, b = 0]: readonly number[]): number[] {
  return [0, 4, 8].map((i) => map[i]! * r + map[i + 1]! * g + map[i + 2]! * b + map[i + 3]!);
}

const lumaOf = ([r = 0, g = 0, b = 0]: readonly number[]): number => 0.299 * r + 0.587 * g + 0.114 * b;

function expectColour(actual: readonly number[], expected: readonly number[]): void {
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 8);
}

test("values by hand", () => {
  expectColour(apply(brightness(0.5), [200, 100, 0]), [100, 50, 0]);
  expectColour(apply(contrast(2), [127.5, 137.5, 107.5]), [127.5, 147.5, 87.5]);
  expectColour(apply(saturation(0), [255, 0, 0]), [76.245, 76.245, 76.245]);
  // A third of the circle takes red to green; its luma, 76.245, stays: green less what green is brighter.
  expectColour(apply(hue(1 / 3), [255, 0, 0]), [-73.44, 181.56, -73.44]);
});

test("grey stays grey and every colour keeps its luma under hue and saturation", () => {
  const rng = random(21);
  for (let i = 0; i < 50; i++) {
    const map = colourChain(hue(rng.next() - 0.5), saturation(2 * rng.next()));
    const grey = 255 * rng.next();
    expectColour(apply(map, [grey, grey, grey]), [grey, grey, grey]);
    const colour = [255 * rng.next(), 255 * rng.next(), 255 * rng.next()];
    expect(lumaOf(apply(map, colour))).toBeCloseTo(lumaOf(colour), 8);
  }
});

test("three thirds of a turn, or one and its opposite, change nothing", () => {
  const colour = [12, 200, 90];
  expectColour(apply(colourChain(hue(1 / 3), hue(1 / 3), hue(1 / 3)), colour), colour);
  expectColour(apply(colourChain(hue(0.1), hue(-0.1)), colour), colour);
});

test("the first of a chain comes first", () => {
  expectColour(apply(colourChain(brightness(2), contrast(0.5)), [100, 100, 100]), [163.75, 163.75, 163.75]);
});
