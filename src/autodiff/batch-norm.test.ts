import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats, sizeOf, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { backward } from "./backward.ts";
import { normaliseByBatch } from "./batch-norm.ts";
import { GradientError } from "./errors.ts";

async function run(model: Model, wanted: readonly string[], feeds: Record<string, Tensor> = {}) {
  const b = GraphBuilder.from(model);
  for (const name of wanted) b.output(name, "float32", undefined);
  const session = await nodeRuntime().load(writeModel(b.model()));
  const answer = await session.run(feeds);
  // The engine writes a training form's statistics over its inputs: nothing of that may reach the next run.
  expect(await session.run(feeds)).toEqual(answer);
  await session.release();
  return wanted.map((name) => [...floats(answer[name]!)]);
}

interface Layer {
  readonly shape: readonly (number | string)[];
  readonly opset?: number;
  readonly attributes?: Record<string, number>;
  readonly outputs?: readonly string[];
}

/** x -> BatchNormalization -> y over two channels, with running mean [0, 1] and variance [1, 2]. */
function layer({ shape, opset = 18, attributes = {}, outputs = ["y"] }: Layer): GraphBuilder {
  const b = new GraphBuilder({ opset });
  const x = b.input("x", "float32", shape);
  const weights = [
    b.initializer("scale", float32([2, -0.5])),
    b.initializer("bias", float32([1, 3])),
    b.initializer("mean", float32([0, 1])),
    b.initializer("variance", float32([1, 2])),
  ];
  b.ops("BatchNormalization", [x, ...weights], attributes, outputs);
  b.output("y");
  return b;
}

const update = (updates: ReadonlyMap<string, string>): string[] => [
  updates.get("mean")!,
  updates.get("variance")!,
];

const close = (values: readonly number[], expected: readonly number[], digits = 5): void => {
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries()) expect(value, `place ${i}`).toBeCloseTo(expected[i]!, digits);
};

// Channel 0 holds 1, 2, 3, 4: mean 2.5, variance over n 1.25. Channel 1 holds 10, 10, 14, 14: mean 12, variance 4.
const x = float32([1, 2, 10, 10, 3, 4, 14, 14], [2, 2, 2]);
const withEpsilon = (epsilon: number): number[] => {
  const [r0, r1] = [1 / Math.sqrt(1.25 + epsilon), 1 / Math.sqrt(4 + epsilon)];
  const first = [-1.5, -0.5, 0.5, 1.5].map((d) => 1 + 2 * d * r0);
  const second = [-2, -2, 2, 2].map((d) => 3 - 0.5 * d * r1);
  return [...first.slice(0, 2), ...second.slice(0, 2), ...first.slice(2), ...second.slice(2)];
};

test.each([
  { shape: [2, 2, 2] },
  { shape: ["N", 2, "L"] },
  { shape: ["N", 2, "L"], opset: 13, attributes: { epsilon: 0.5, momentum: 0.75 } },
  { shape: ["N", 2, "L"], opset: 22, attributes: { momentum: 0.5 } },
])("$shape at opset $opset with $attributes: by hand", async (row) => {
  const { epsilon = 1e-5, momentum = 0.9 } = row.attributes ?? {};
  const { model, updates } = normaliseByBatch(layer(row).model());
  const [y, mean, variance] = await run(model, ["y", ...update(updates)], { x });
  close(y!, withEpsilon(epsilon));
  close(mean!, [2.5 * (1 - momentum), momentum + 12 * (1 - momentum)]);
  close(variance!, [momentum + 1.25 * (1 - momentum), 2 * momentum + 4 * (1 - momentum)]);
});

test("a matrix [N, C]: over the batch alone", async () => {
  const { model, updates } = normaliseByBatch(layer({ shape: ["N", 2] }).model());
  const matrix = float32([1, 10, 2, 10, 3, 14, 4, 14], [4, 2]);
  const [y, mean] = await run(model, ["y", ...update(updates)], { x: matrix });
  const [a, b, c, d, e, f, g, h] = withEpsilon(1e-5);
  close(y!, [a!, c!, b!, d!, e!, g!, f!, h!]);
  close(mean!, [0.25, 2.1]);
});

test("the variance of numbers far from zero is not lost: 4096 and 4097 have 1/4", async () => {
  const { model, updates } = normaliseByBatch(layer({ shape: ["N", 2, 1, 1] }).model(), { momentum: 0 });
  const far = float32([4096, 4096, 4097, 4097], [2, 2, 1, 1]);
  const [mean, variance] = await run(model, update(updates), { x: far });
  expect([mean, variance]).toEqual([
    [4096.5, 4096.5],
    [0.25, 0.25],
  ]);
});

test("a node exported in training form: its updated statistics keep their names", async () => {
  const outputs = ["y", "new_mean", "new_variance"];
  const b = layer({ shape: ["N", 2, 2], attributes: { training_mode: 1, epsilon: 0.25 }, outputs });
  b.output("new_mean", "float32", [2]);
  const { model, updates } = normaliseByBatch(b.model());
  expect(update(updates)).toEqual(outputs.slice(1));
  expect(model.graph.outputs.map(({ name }) => name)).toEqual(["y", "new_mean"]);
  const [y, mean, variance] = await run(model, outputs, { x });
  close(y!, withEpsilon(0.25));
  close(mean!, [0.25, 2.1]);
  close(variance!, [1.025, 2.2]);
});

test("in training form, but not prepared: the walk refuses it", () => {
  const outputs = ["y", "new_mean", "new_variance"];
  const b = layer({ shape: ["N", 2, 2], attributes: { training_mode: 1 }, outputs });
  b.op("ReduceSum", ["y"], { keepdims: 0 }, { outputs: ["loss"] });
  expect(() => backward(b.model(), "loss", ["scale"])).toThrow("which normaliseByBatch prepares");
});

test("statistics that two nodes share are updated by each in turn", async () => {
  const b = layer({ shape: ["N", 2, 2] });
  const again = b.op("BatchNormalization", ["y", "scale", "bias", "mean", "variance"]);
  const { model, updates } = normaliseByBatch(b.model());
  expect(updates.size).toBe(2);
  const [z, mean] = await run(model, [again, ...update(updates)], { x });
  // The first layer's output has its bias, 1 and 3, as mean: 0.9·(0.9·0 + 0.1·2.5) + 0.1·1, and so on.
  close(mean!, [0.9 * 0.25 + 0.1, 0.9 * 2.1 + 0.3]);
  expect(z!.every(Number.isFinite)).toBe(true);
});

test("two nodes on one x, each with statistics of its own", async () => {
  const b = layer({ shape: ["N", 2, 2] });
  const own = [b.initializer("mean2", float32([0, 1])), b.initializer("variance2", float32([1, 2]))];
  const z = b.op("BatchNormalization", ["x", "bias", "scale", ...own], { momentum: 0.5 });
  const w = b.initializer("w", float32([3], []));
  b.op("ReduceSum", [b.op("Mul", [b.op("Mul", ["y", z]), w])], { keepdims: 0 }, { outputs: ["loss"] });
  const { model, updates } = normaliseByBatch(b.model());
  const differentiated = backward(model, "loss", ["scale", "w"]);
  const wanted = ["y", z, ...update(updates), updates.get("mean2")!, updates.get("variance2")!];
  const [y, y2, mean, variance, mean2, variance2] = await run(differentiated.model, wanted, { x });
  close(y!, withEpsilon(1e-5));
  // Scale and bias the other way round: from 1 + 2·x̂ to 2 + x̂, from 3 - x̂/2 to -1/2 + 3·x̂.
  const other = withEpsilon(1e-5).map((value, i) =>
    i % 4 < 2 ? 2 + (value - 1) / 2 : -0.5 + (3 * (value - 3)) / -0.5,
  );
  close(y2!, other, 4);
  close([...mean!, ...variance!], [0.25, 2.1, 1.025, 2.2]);
  close([...mean2!, ...variance2!], [1.25, 6.5, 1.125, 3]);
});

test("nodes that are not asked for, and those whose statistics are computed, stay as they are", () => {
  const kept = layer({ shape: ["N", 2, 2] }).model();
  const spared = normaliseByBatch(kept, { only: () => false });
  expect(spared.updates.size).toBe(0);
  expect(spared.model.graph.nodes).toEqual(kept.graph.nodes);
  const b = new GraphBuilder({ opset: 18 });
  const own = ["scale", "bias"].map((name) => b.initializer(name, float32([1, 1])));
  const fed = ["mean", "variance"].map((name) => b.input(name, "float32", [2]));
  b.output(b.op("BatchNormalization", [b.input("x", "float32", ["N", 2]), ...own, ...fed]));
  expect(normaliseByBatch(b.model()).model.graph.nodes.map((node) => node.opType)).toEqual([
    "BatchNormalization",
  ]);
});

test("an input of unknown rank is refused", () => {
  const b = new GraphBuilder({ opset: 18 });
  const names = ["scale", "bias", "mean", "variance"].map((name) => b.initializer(name, float32([1, 1])));
  b.op("BatchNormalization", [b.input("x", "float32", undefined), ...names], {}, { name: "norm" });
  expect(() => normaliseByBatch(b.model())).toThrow(GradientError);
  expect(() => normaliseByBatch(b.model())).toThrow("the rank of 'x' is not known");
});

/** loss = Σ v·y with x, scale and bias trainable; v is an input, the batch free. */
function trained(shape: readonly number[], values: Float32Array, opset = 18): Model {
  const b = new GraphBuilder({ opset });
  const channels = shape[1]!;
  const by = (value: (i: number) => number): Tensor =>
    float32(Array.from({ length: channels }, (_, i) => value(i)));
  const weight = b.initializer("weight", float32(values, shape));
  const free = ["N", ...shape.slice(1)];
  const moved = b.op("Add", [weight, b.input("zeros", "float32", free)]);
  const statistics = [
    b.initializer(
      "mean",
      by(() => 0),
    ),
    b.initializer(
      "variance",
      by(() => 1),
    ),
  ];
  const scale = b.initializer(
    "scale",
    by((i) => i - 0.7),
  );
  const bias = b.initializer(
    "bias",
    by((i) => i),
  );
  const y = b.op("BatchNormalization", [moved, scale, bias, ...statistics], { epsilon: 0.1 });
  const product = b.op("Mul", [y, b.input("v", "float32", free)]);
  b.op("ReduceSum", [product], { keepdims: 0 }, { outputs: ["loss"] });
  return normaliseByBatch(b.model()).model;
}

test.each([
  [[4, 3, 2, 2], 18],
  [[5, 2, 3], 13],
  [[6, 3], 18],
  [[2, 1, 2, 2, 2], 22],
] as const)(
  "gradients on %s at opset %i: the published formula in double precision",
  async (shape, opset) => {
    const seed = 7;
    const rng = random(seed);
    const size = sizeOf(shape);
    const draw = (): Float32Array => Float32Array.from({ length: size }, () => 3 + rng.normal());
    const [data, v] = [draw(), draw()];
    const names = ["weight", "scale", "bias"];
    const { model, gradients } = backward(trained(shape, data, opset), "loss", names);
    const feeds = { zeros: float32(new Float32Array(size), shape), v: float32(v, shape) };
    const [dx, dscale, dbias] = await run(
      model,
      names.map((name) => gradients.get(name)!),
      feeds,
    );

    // Ioffe and Szegedy (2015): dx = scale·r/n·(n·dy - Σ dy - x̂·Σ dy·x̂), dscale = Σ dy·x̂, dbias = Σ dy
    const channels = shape[1];
    const area = sizeOf(shape.slice(2));
    const expected = { dx: new Array<number>(size), dscale: [] as number[], dbias: [] as number[] };
    for (let c = 0; c < channels; c++) {
      const places = [...data.keys()].filter((i) => Math.floor(i / area) % channels === c);
      const n = places.length;
      const sum = (of: (i: number) => number): number => places.reduce((total, i) => total + of(i), 0);
      const mean = sum((i) => data[i]!) / n;
      const r = 1 / Math.sqrt(sum((i) => (data[i]! - mean) ** 2) / n + Math.fround(0.1));
      const hat = (i: number): number => (data[i]! - mean) * r;
      const [db, ds] = [sum((i) => v[i]!), sum((i) => v[i]! * hat(i))];
      expected.dbias.push(db);
      expected.dscale.push(ds);
      for (const i of places) expected.dx[i] = (((c - 0.7) * r) / n) * (n * v[i]! - db - hat(i) * ds);
    }
    close(dx!, expected.dx, 4);
    close(dscale!, expected.dscale, 4);
    close(dbias!, expected.dbias, 4);
  },
);

test("gradients agree with finite differences, and pass neither to nor through the running statistics", async () => {
  const [seed, shape] = [11, [3, 2, 2, 3]];
  const rng = random(seed);
  const draw = (): Float32Array => Float32Array.from({ length: sizeOf(shape) }, () => rng.normal());
  const [data, v, u] = [draw(), draw(), draw()];
  const feeds = { zeros: float32(new Float32Array(u.length), shape), v: float32(v, shape) };
  const loss = async (h: number): Promise<number> => {
    const [[value]] = (await run(
      trained(
        shape,
        data.map((each, i) => each + h * u[i]!),
      ),
      ["loss"],
      feeds,
    )) as [number[]];
    return value!;
  };
  const numeric = ((await loss(0.01)) - (await loss(-0.01))) / 0.02;
  const { model, gradients } = backward(trained(shape, data), "loss", ["weight"]);
  const [dx] = await run(model, [gradients.get("weight")!], feeds);
  const analytic = dx!.reduce((sum, each, i) => sum + each * u[i]!, 0);
  expect(Math.abs(analytic - numeric), `seed ${seed}: ${analytic}, ${numeric}`).toBeLessThan(2e-3);
  expect(() => backward(trained(shape, data), "loss", ["mean"])).toThrow("does not depend on it");
});
