import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats, sizeOf, type Tensor } from "../core/tensor.ts";
import type { AttributeValue } from "../onnx/attributes.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { backward } from "./backward.ts";
import { tileConvolutions } from "./winograd.ts";

interface Layer {
  readonly channels: number;
  readonly filters: number;
  readonly size: readonly [number, number];
  readonly kernel?: readonly [number, number];
  readonly bias?: boolean;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

const batch = 3;

/** Σ v·conv(x·s, w, b) with random v, so that gradients by x (through s), w and b can be asked for. */
function lossOf(layer: Layer, seed: number): Model {
  const { channels, filters, size, kernel = [3, 3], bias = true, attributes = {} } = layer;
  const rng = random(seed);
  const draw = (...shape: number[]): Tensor =>
    float32(
      Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()),
      shape,
    );
  const b = new GraphBuilder({ opset: 18 });
  const scale = b.initializer("scale", draw(1, channels, ...size));
  const x = b.op("Mul", [b.input("x", "float32", ["N", channels, ...size]), scale]);
  const weight = b.initializer("weight", draw(filters, channels / Number(attributes.group ?? 1), ...kernel));
  const inputs = [x, weight, ...(bias ? [b.initializer("bias", draw(filters))] : [])];
  const y = b.op("Conv", inputs, attributes, { outputs: ["y"] });
  b.output(y, "float32", undefined);
  // Weights that differ from place to place, without knowing how many there are.
  const waves = b.op("Sin", [b.op("Mul", [y, b.constant(float32([0.7]))])]);
  b.output(b.op("ReduceSum", [waves], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  return b.model();
}

async function answers(model: Model, layer: Layer, seed: number): Promise<Readonly<Record<string, Tensor>>> {
  const rng = random(seed + 1);
  const shape = [batch, layer.channels, ...layer.size];
  const x = float32(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()),
    shape,
  );
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({ x });
  await session.release();
  return answer;
}

const trainedOf = ({ bias = true }: Layer): string[] => ["scale", "weight", ...(bias ? ["bias"] : [])];
const operators = (model: Model): readonly string[] => model.graph.nodes.map(({ opType }) => opType);

/** Holds output and gradients of the tiled layer to those that the engine's own Conv gives. */
async function expectTheSame(layer: Layer, seed: number): Promise<void> {
  const model = lossOf(layer, seed);
  const tiled = tileConvolutions(model, ["weight"]);
  expect(operators(tiled), `seed ${seed}: ${JSON.stringify(layer)}`).not.toContain("Conv");
  const [own, other] = [model, tiled].map((each) => backward(each, "loss", trainedOf(layer)));
  const [expected, got] = [await answers(own!.model, layer, seed), await answers(other!.model, layer, seed)];
  const pairs = [
    ["y", "y"],
    ...trainedOf(layer).map((name) => [own!.gradients.get(name)!, other!.gradients.get(name)!]),
  ];
  for (const [i, [before = "", after = ""]] of pairs.entries()) {
    const what = `seed ${seed}: ${["y", ...trainedOf(layer)][i]} of ${JSON.stringify(layer)}`;
    expect(got[after]!.shape, what).toEqual(expected[before]!.shape);
    const [a, b] = [floats(expected[before]!), floats(got[after]!)];
    const largest = a.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
    const apart = a.reduce((most, each, at) => Math.max(most, Math.abs(each - b[at]!)), 0);
    expect(apart / largest, what).toBeLessThan(1e-4);
  }
}

const rows: readonly (readonly [string, Layer])[] = [
  [
    "maps that tiles cover exactly",
    { channels: 24, filters: 16, size: [8, 8], attributes: { pads: [1, 1, 1, 1] } },
  ],
  ["and not", { channels: 24, filters: 16, size: [7, 7], attributes: { pads: [1, 1, 1, 1] } }],
  [
    "height and width that differ",
    { channels: 64, filters: 56, size: [5, 14], attributes: { pads: [1, 1, 1, 1] } },
  ],
  ["no padding, no bias", { channels: 24, filters: 24, size: [9, 10], bias: false }],
  [
    "padding on some sides only",
    { channels: 24, filters: 24, size: [8, 7], attributes: { pads: [0, 1, 2, 0] } },
  ],
  [
    "padding by SAME_UPPER",
    { channels: 24, filters: 24, size: [7, 6], attributes: { auto_pad: "SAME_UPPER" } },
  ],
  [
    "padding by SAME_LOWER",
    { channels: 24, filters: 24, size: [7, 6], attributes: { auto_pad: "SAME_LOWER" } },
  ],
  ["padding by VALID", { channels: 24, filters: 24, size: [7, 6], attributes: { auto_pad: "VALID" } }],
];

test.each(rows)(
  "tiled products answer as a convolution does, and so do their gradients: %s",
  async (_, layer) => {
    await expectTheSame(layer, 1);
  },
);

test("of any size and padding", async () => {
  const side = fc.integer({ min: 3, max: 15 });
  const pad = fc.integer({ min: 0, max: 3 });
  await fc.assert(
    fc.asyncProperty(side, side, fc.tuple(pad, pad, pad, pad), async (height, width, pads) => {
      const layer: Layer = { channels: 96, filters: 96, size: [height, width], attributes: { pads } };
      // Where a tile would hold little but padding, the layer stays as it is.
      fc.pre(!operators(tileConvolutions(lossOf(layer, 2), ["weight"])).includes("Conv"));
      await expectTheSame(layer, 2);
    }),
    { numRuns: 30, seed: 3 },
  );
});

const padded = { pads: [1, 1, 1, 1] };
const left: readonly (readonly [string, Layer])[] = [
  ["a stride", { channels: 24, filters: 24, size: [8, 8], attributes: { ...padded, strides: [2, 2] } }],
  ["a dilation", { channels: 24, filters: 24, size: [8, 8], attributes: { ...padded, dilations: [2, 2] } }],
  ["groups", { channels: 24, filters: 24, size: [8, 8], attributes: { ...padded, group: 2 } }],
  ["another kernel", { channels: 24, filters: 24, size: [8, 8], kernel: [1, 3] }],
  ["few channels on a large map", { channels: 4, filters: 4, size: [40, 40], attributes: padded }],
  ["a single place", { channels: 24, filters: 24, size: [3, 3] }],
];

test.each(left)("%s: left to the engine's Conv", (_, layer) => {
  expect(operators(tileConvolutions(lossOf(layer, 4), ["weight"]))).toContain("Conv");
});

test("weights that are not trained are built in, and the engine's Conv is faster with these", () => {
  const layer = rows[0]![1];
  expect(operators(tileConvolutions(lossOf(layer, 5), ["bias"]))).toContain("Conv");
});

test("layers of one geometry share their matrices", () => {
  const b = new GraphBuilder({ opset: 18 });
  let x = b.input("x", "float32", ["N", 32, 8, 8]);
  const weights = ["first", "second", "third"].map((name) =>
    b.initializer(name, float32(new Float32Array(32 * 32 * 9), [32, 32, 3, 3])),
  );
  for (const weight of weights) x = b.op("Conv", [x, weight], padded);
  b.output(x);
  const { initializers } = tileConvolutions(b.model(), weights).graph;
  const matrices = [...initializers].filter(([name]) => /^(enter|leave|kernel)/.test(name));
  expect(matrices.map(([name]) => name)).toHaveLength(3);
});
