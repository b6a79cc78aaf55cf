import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { uint8 } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { normalisations } from "../surgery/preprocess.ts";
import { contactSheet } from "./contact-sheet.ts";
import { augmentGraph } from "./graph.ts";
import { presets } from "./presets.ts";

test.each([
  ["imagenet", "nchw"],
  ["caffe", "nhwc"],
] as const)(
  "the first column is the pictures themselves, the others are not: %s, %s",
  async (name, layout) => {
    const size = 8;
    const rng = random(61);
    const pixels = Uint8Array.from({ length: 2 * size * size * 3 }, () => rng.int(256));
    const preprocess = { ...normalisations[name], size, layout };
    const session = await nodeRuntime().load(
      writeModel(augmentGraph({ preprocess, source: size, mixing: true })),
    );
    const sheet = await contactSheet({
      spec: presets.strong,
      preprocess,
      pictures: uint8(pixels, [2, size, size, 3]),
      run: (feeds) => session.run(feeds),
      seed: 61,
      views: 2,
    });
    await session.release();
    expect([sheet.width, sheet.height, sheet.data.length]).toEqual([28, 18, 28 * 18 * 3]);
    const part = (column: number, row: number): number[] =>
      Array.from({ length: size }, (_, y) => {
        const from = ((row * (size + 2) + y) * sheet.width + column * (size + 2)) * 3;
        return Array.from(sheet.data.subarray(from, from + size * 3));
      }).flat();
    for (const row of [0, 1]) {
      const picture = Array.from(pixels.subarray(row * size * size * 3, (row + 1) * size * size * 3));
      expect(part(0, row)).toEqual(picture);
      expect(part(1, row)).not.toEqual(picture);
      expect(part(2, row)).not.toEqual(part(1, row));
    }
    // The gap is white.
    expect(Array.from(sheet.data.subarray(size * 3, (size + 2) * 3))).toEqual(new Array(6).fill(255));
  },
);
