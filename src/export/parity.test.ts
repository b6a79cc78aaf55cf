import { expect, test } from "vitest";
import { parityOf } from "./parity.ts";

test("agreement and the largest difference, worked out by hand", () => {
  const trained = Float32Array.of(0.75, 0.25, 0.5, 0.5, 0.125, 0.875);
  const exported = Float32Array.of(0.5, 0.5, 0.25, 0.75, 0.125, 0.875);
  // Row 1 ties and goes to the first class, as it was; row 2 tied before and is the second class now.
  expect(parityOf({ trained, exported, classes: 2 })).toEqual({
    pictures: 3,
    agreed: 2,
    agreement: 2 / 3,
    largestDifference: 0.25,
  });
});

test("several labels agree where the same ones stand at a half or above", () => {
  const trained = Float32Array.of(0.75, 0.5, 0.25, 0.25);
  const exported = Float32Array.of(0.5, 1, 0.25, 0.5);
  expect(parityOf({ trained, exported, classes: 2, multiLabel: true })).toMatchObject({ agreed: 1 });
});

test("an answer that is no number agrees with nothing", () => {
  const trained = Float32Array.of(0.75, 0.25);
  const parity = parityOf({ trained, exported: Float32Array.of(Number.NaN, 0.25), classes: 2 });
  expect(parity.agreed).toBe(0);
  expect(parity.largestDifference).toBeNaN();
});
