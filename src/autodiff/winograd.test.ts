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

/** Σ sin(0.7·conv(x·scale, weight, bias)): gradients by x, through its scale, by weight and by bias. */
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

/** The largest difference of two tensors, as a share of the largest number of the first, or of 1. */
function apart(expected: Tensor, got: Tensor): number {
  const [a, b] = [floats(expected), floats(got)];
  const largest = a.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
  return a.reduce((most, each, at) => Math.max(most, Math.abs(each - b[at]!)), 0) / largest;
}

/** Holds output and gradients of the tiled layer to those that the engine's own Conv gives. */
async function expectTheSame(layer: Layer, seed: number): Promise<void> {
  const model = lossOf(layer, seed);
  const tiled = tileConvolutions(model, ["weight"]);
  expect(operators(tiled), `seed ${seed}: ${JSON.stringify(layer)}`).not.toContain("Conv");
  const [own, other] = [model, tiled].map((each) => backward(each, "loss", trainedOf(layer)));
  const [expected, got] = [await answers(own!.model, layer, seed), await answers(other!.model, layer, seed)];
  const compared = [
    ["y", "y", "y"],
    ...trainedOf(layer).map((name) => [name, own!.gradients.get(name)!, other!.gradients.get(name)!]),
  ];
  for (const [name = "", before = "", after = ""] of compared) {
    const what = `seed ${seed}: ${name} of ${JSON.stringify(layer)}`;
    expect(got[after]!.shape, what).toEqual(expected[before]!.shape);
    expect(apart(expected[before]!, got[after]!), what).toBeLessThan(1e-4);
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
const untouched: readonly (readonly [string, Layer])[] = [
  ["a stride", { channels: 24, filters: 24, size: [8, 8], attributes: { ...padded, strides: [2, 2] } }],
  ["a dilation", { channels: 24, filters: 24, size: [8, 8], attributes: { ...padded, dilations: [2, 2] } }],
  ["groups", { channels: 24, filters: 24, size: [8, 8], attributes: { ...padded, group: 2 } }],
  ["another kernel", { channels: 24, filters: 24, size: [8, 8], kernel: [1, 3] }],
  ["few channels on a large map", { channels: 4, filters: 4, size: [40, 40], attributes: padded }],
  ["a single place", { channels: 24, filters: 24, size: [3, 3] }],
];

test.each(untouched)("%s: left to the engine's Conv", (_, layer) => {
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
  const matrices = [...initializers].filter(([name]) => /^(enter|leave|spread)/.test(name));
  expect(matrices.map(([name]) => name)).toHaveLength(3);
});

test("behind a tiled layer the batch still has its name: no size is asked for as it runs", () => {
  const b = new GraphBuilder({ opset: 18 });
  const x = b.input("x", "float32", ["N", 32, 8, 8]);
  const weights = ["first", "second"].map((name) =>
    b.initializer(name, float32(new Float32Array(32 * 32 * 9), [32, 32, 3, 3])),
  );
  const inner = b.op("Conv", [x, weights[0]!], padded);
  const sum = b.op("Add", [inner, b.op("Conv", [inner, weights[1]!], padded)]);
  b.output(b.op("ReduceMean", [sum], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  const tiled = tileConvolutions(b.model(), weights);
  expect(operators(tiled)).not.toContain("Conv");
  expect(operators(backward(tiled, "loss", weights).model)).not.toContain("NonZero");
});

test("a weight of two layers, and the oldest operators", async () => {
  const b = new GraphBuilder({ opset: 13 });
  const rng = random(6);
  const values = Float32Array.from({ length: 24 * 24 * 9 }, () => 0.1 * rng.normal());
  const weight = b.initializer("weight", float32(values, [24, 24, 3, 3]));
  const first = b.op("Conv", [b.input("x", "float32", ["N", 24, 7, 8]), weight], padded);
  const y = b.op("Conv", [first, weight], padded, { outputs: ["y"] });
  b.output(y, "float32", undefined);
  b.output(b.op("ReduceMean", [y], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  const layer: Layer = { channels: 24, filters: 24, size: [7, 8] };
  const models = [b.model(), tileConvolutions(b.model(), ["weight"])];
  const [own, other] = models.map((each) => backward(each, "loss", ["weight"]));
  const [expected, got] = [await answers(own!.model, layer, 6), await answers(other!.model, layer, 6)];
  for (const [before, after] of [
    ["y", "y"],
    [own!.gradients.get("weight")!, other!.gradients.get("weight")!],
  ] as const) {
    expect(apart(expected[before]!, got[after]!), `seed 6: ${before}`).toBeLessThan(1e-4);
  }
});

test("sizes that are free stay free", () => {
  const b = new GraphBuilder({ opset: 18 });
  const weight = b.initializer("weight", float32(new Float32Array(32 * 32 * 9), [32, 32, 3, 3]));
  b.output(b.op("Conv", [b.input("x", "float32", ["N", 32, "H", "W"]), weight], padded));
  expect(operators(tileConvolutions(b.model(), ["weight"]))).toContain("Conv");
});
