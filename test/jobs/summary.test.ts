import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { summary } from "../../src/index.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { saveModel } from "../../src/onnx/load-node.ts";

/** VGG16 without its top (Simonyan and Zisserman 2014, configuration D): 13 convolutions of 3x3, five pools. */
function vgg16(): Model {
  const b = new GraphBuilder({ opset: 9, name: "vgg16" });
  let [x, channels] = [b.input("image", "float32", [1, 3, 224, 224]), 3];
  for (const block of [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ]) {
    for (const width of block) {
      const weight = b.constant(
        float32(new Float32Array(width * channels * 9), [width, channels, 3, 3]),
        "weight",
      );
      const bias = b.constant(float32(new Float32Array(width)), "bias");
      x = b.op("Conv", [x, weight, bias], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
      x = b.op("Relu", [x]);
      channels = width;
    }
    x = b.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  b.output(x, "float32", [1, 512, 7, 7]);
  return b.model();
}

test("VGG16 without its top, at 32 px with a dense head, counts as Keras counts it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-vgg-"));
  try {
    const base = join(folder, "vgg16.onnx");
    await saveModel(base, vgg16());
    const {
      layers,
      parameters,
      base: used,
    } = await summary({ base, head: "dense:1024:relu", classes: 10, size: 32 });
    expect(parameters).toEqual({ total: 15_250_250, trainable: 535_562, frozen: 14_714_688 });
    expect(used).toMatchObject({ width: 512, size: 32 });
    const shapes = layers
      .filter(({ type }) => type === "MaxPool")
      .map(({ outputShape }) => outputShape.slice(1));
    expect(shapes).toEqual([
      [64, 16, 16],
      [128, 8, 8],
      [256, 4, 4],
      [512, 2, 2],
      [512, 1, 1],
    ]);
    expect(
      layers.slice(-2).map(({ type, outputShape, parameters: count }) => [type, outputShape, count]),
    ).toEqual([
      ["Dense relu", ["N", 1024], 525_312],
      ["Dense", ["N", 10], 10_250],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
