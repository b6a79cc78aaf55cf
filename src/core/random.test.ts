import { expect, test } from "vitest";
import { deriveSeed } from "./random.ts";

test("derived seeds: the same path gives the same, neighbouring paths unrelated ones", () => {
  expect(deriveSeed(7, 1, 2)).toBe(deriveSeed(7, 1, 2));
  const seeds = new Set<number>();
  for (let seed = 0; seed < 20; seed++)
    for (let epoch = 0; epoch < 20; epoch++)
      for (let batch = 0; batch < 20; batch++) seeds.add(deriveSeed(seed, epoch, batch));
  expect(seeds.size).toBe(8000);
  // One bit of the path changed flips half of the seed's bits: 16 of 32, held to 14 to 18 over 2,000 pairs.
  let flipped = 0;
  for (let i = 0; i < 2000; i++) {
    let difference = deriveSeed(1, i) ^ deriveSeed(1, i ^ 1);
    for (; difference !== 0; difference &= difference - 1) flipped++;
  }
  expect(flipped / 2000).toBeGreaterThan(14);
  expect(flipped / 2000).toBeLessThan(18);
});
