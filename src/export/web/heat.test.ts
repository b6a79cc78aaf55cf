import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import type { Pixels } from "../../data/sample.ts";
import { seenRegion } from "../../explain/heat.ts";
import { occlusion } from "../../explain/occlusion.ts";
import { occlude } from "./page/heat.js";

const seed = 3;

function noise(width: number, height: number) {
  const rng = random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)) };
}

/** Any function of all pixels will do for a probability: bytes weighted by their place. */
function weigh(data: Uint8Array): number {
  return data.reduce((sum, byte, i) => sum + byte * Math.sin(i), 0) / (data.length * 128);
}

test.each([
  [40, 28, "middle"],
  [28, 40, "all"],
  [7, 5, "middle"],
] as const)(
  "a %i x %i picture seen by its %s has the heat that explain/ finds",
  async (width, height, sees) => {
    const picture = noise(width, height);
    const length = picture.data.length;
    const shares: number[] = [];
    const sizes: number[] = [];
    const heat = await occlude(
      picture,
      sees,
      12,
      async (pixels, count) => {
        if (count > 5) throw new Error("out of memory");
        sizes.push(count);
        return Array.from({ length: count }, (_, i) => weigh(pixels.subarray(i * length, (i + 1) * length)));
      },
      async (share) => void shares.push(share),
    );
    const region = seenRegion(picture, sees === "middle" ? "cover" : "squash");
    const expected = await occlusion(picture, region, async ({ data }: Pixels) => weigh(data));
    expect([heat.columns, heat.rows]).toEqual([expected.grid.width, expected.grid.height]);
    for (const [i, value] of expected.grid.values.entries())
      expect(heat.values[i], `seed ${seed}`).toBeCloseTo(value, 6);
    expect(heat.region.x * width).toBeCloseTo(region.x);
    expect(heat.region.width * width).toBeCloseTo(region.width);
    expect(sizes.reduce((a, b) => a + b)).toBe(expected.runs);
    expect(Math.max(...sizes), "half as many where memory runs out").toBe(3);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  },
);

test("what one picture alone cannot do is an error", async () => {
  let runs = 0;
  const once = async (): Promise<number[]> => {
    if (runs++ > 0) throw new Error("no memory at all");
    return [1];
  };
  await expect(occlude(noise(8, 8), "all", 12, once, async () => {})).rejects.toThrow("no memory at all");
  // 12, 6, 3, 2 and 1 pictures.
  expect(runs).toBe(1 + 5);
});
