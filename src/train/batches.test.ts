import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { floats, integers } from "../core/tensor.ts";
import { batchesOf } from "./batches.ts";

const rows = 70;
const set = {
  rows,
  width: 2,
  features: Float32Array.from({ length: rows * 2 }, (_, i) => i),
  labels: Int32Array.from({ length: rows }, (_, i) => i),
};

test("every row comes once an epoch, with its own features, in an order of the generator's", () => {
  const seed = 3;
  const rng = random(seed);
  const epoch = (): number[] => {
    const seen: number[] = [];
    for (const { rows: count, feeds } of batchesOf(set, 32, [], rng)) {
      const [features, labels] = [floats(feeds.features!), integers(feeds.labels!)];
      expect(features.length).toBe(count * 2);
      for (const [i, label] of labels.entries()) {
        expect([features[2 * i], features[2 * i + 1]]).toEqual([2 * label, 2 * label + 1]);
      }
      seen.push(...labels);
    }
    return seen;
  };
  const [first, second] = [epoch(), epoch()];
  expect(
    first.toSorted((a, b) => a - b),
    `seed ${seed}`,
  ).toEqual([...set.labels]);
  expect(first, `seed ${seed}`).not.toEqual(second);
});

test("the last batch is what is left, and a batch larger than the set is the set", () => {
  const sizes = (batchSize: number) =>
    [...batchesOf(set, batchSize, [], random(1))].map((batch) => batch.rows);
  expect(sizes(32)).toEqual([32, 32, 6]);
  expect(sizes(1e9)).toEqual([70]);
});

test("masks drop their share and scale the rest, so that the mean stays 1", () => {
  const seed = 4;
  const masks = [{ name: "mask.0", units: 300, rate: 0.25 }];
  const [batch] = [...batchesOf(set, rows, masks, random(seed))];
  const mask = batch!.feeds["mask.0"]!;
  expect(mask.shape).toEqual([rows, 300]);
  const values = floats(mask);
  expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
  // 21,000 draws: the standard error of the mean is 0.004.
  expect(values.reduce((sum, value) => sum + value, 0) / values.length, `seed ${seed}`).toBeCloseTo(1, 1);
});
