import { expect, test } from "vitest";
import { floats, integers } from "../core/tensor.ts";
import { drawBatch, drawFeeds, softTargets } from "./batch.ts";
import { drawPicture, unchanged } from "./draw.ts";
import { presets } from "./presets.ts";

const place = { seed: 41, epoch: 3, size: 32 };

test("each picture's draw is its own, whoever is in the batch", () => {
  const batch = drawBatch(presets.strong, { ...place, indices: [9, 4, 7] });
  expect(batch.pictures).toEqual([9, 4, 7].map((index) => drawPicture(presets.strong, { ...place, index })));
  expect(drawBatch(presets.strong, { ...place, indices: [9, 4, 7] })).toEqual(batch);
});

test("partners are a permutation, and nobody is their own", () => {
  for (const length of [2, 3, 8, 33]) {
    for (let epoch = 0; epoch < 20; epoch++) {
      const indices = Array.from({ length }, (_, i) => i);
      const { partners } = drawBatch({}, { ...place, epoch, indices });
      expect([...partners].sort((a, b) => a - b)).toEqual(indices);
      expect(partners.some((partner, i) => partner === i)).toBe(false);
    }
  }
  expect(drawBatch({}, { ...place, indices: [5] }).partners).toEqual([0]);
});

test("targets share out each picture's weight by what is seen of it", () => {
  const pictures = [
    unchanged,
    { ...unchanged, lambda: 0.75 },
    // 8 x 16 of 32 x 32: an eighth.
    { ...unchanged, box: [4, 0, 12, 16] },
    { ...unchanged, lambda: 0.5, box: [0, 0, 32, 16] },
  ] as const;
  const targets = softTargets([0, 2, 1, 1], 3, { pictures, partners: [1, 2, 0, 2], size: 32 });
  expect(targets.shape).toEqual([4, 3]);
  expect(Array.from(floats(targets))).toEqual([1, 0, 0, 0, 0.25, 0.75, 0.125, 0.875, 0, 0, 1, 0]);
});

test("of several labels at once each picture brings its own, by its share", () => {
  const pictures = [unchanged, { ...unchanged, lambda: 0.75 }, { ...unchanged, lambda: 0.25 }] as const;
  const targets = softTargets([[0, 1], [1, 2], []], 3, { pictures, partners: [1, 0, 1], size: 32 });
  expect(Array.from(floats(targets))).toEqual([1, 1, 0, 0.25, 1, 0.75, 0, 0.75, 0.75]);
});

test("labels that do not fit are a bug", () => {
  const batch = drawBatch({}, { ...place, indices: [1, 2] });
  expect(() => softTargets([0], 2, batch)).toThrow("1 labels for 2 pictures");
  expect(() => softTargets([0, 2], 2, batch)).toThrow("label 2 of 2 classes");
});

test("the feeds are the graph's inputs, the partner's only where it mixes", () => {
  const batch = drawBatch(presets.strong, { ...place, indices: [1, 2, 3] });
  expect(Object.keys(drawFeeds(batch, false))).toEqual(["theta", "colour", "erase"]);
  const { theta, colour, partner, lambda, box } = drawFeeds(batch, true);
  expect([theta, colour, lambda, box].map((tensor) => tensor!.shape)).toEqual([
    [3, 2, 3],
    [3, 3, 4],
    [3],
    [3, 4],
  ]);
  expect(integers(partner!)).toEqual(batch.partners);
  expect(Array.from(floats(theta!).subarray(6, 12))).toEqual(
    Array.from(Float32Array.from(batch.pictures[1]!.theta)),
  );
});
