import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats, int64, sizeOf, type Tensor } from "../../core/tensor.ts";
import type { AttributeValue } from "../../onnx/attributes.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Shape } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";

interface Row {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** The other inputs, by the builder and the name of the first. */
  readonly rest?: (b: GraphBuilder, x: string) => readonly string[];
  readonly free?: Shape;
  readonly opset?: number;
}

const allFree: Shape = ["N", 3, "H", "W"];
const batchFree: Shape = ["N", 3, 7, 8];
const scales = (b: GraphBuilder): readonly string[] => ["", b.constant(float32([1, 1, 2, 1.5]))];
/** What torch.onnx writes for a target size: the batch and the channels of the input, then the size. */
const targetSize = (b: GraphBuilder, x: string): readonly string[] => {
  const outer = b.op("Slice", [b.op("Shape", [x]), b.constant(int64([0])), b.constant(int64([2]))]);
  return ["", "", b.op("Concat", [outer, b.constant(int64([11, 5]))], { axis: 0 })];
};
/** As large again by half, known at run time only. */
const computedSize = (b: GraphBuilder, x: string): readonly string[] => {
  const more = b.op("Mul", [b.op("Shape", [x]), b.constant(int64([2, 2, 3, 3]))]);
  return ["", "", b.op("Div", [more, b.constant(int64([2, 2, 2, 2]))])];
};
const overlap = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
const touch = { kernel_shape: [2, 2], strides: [2, 2] };

const rows: readonly (readonly [string, Row])[] = [
  ["MaxPool", { attributes: overlap }],
  ["MaxPool", { attributes: touch }],
  ["MaxPool", { attributes: { ...overlap, storage_order: 1 } }],
  ["MaxPool", { attributes: overlap, free: batchFree, opset: 13 }],
  ["AveragePool", { attributes: overlap }],
  ["AveragePool", { attributes: { ...overlap, count_include_pad: 1 }, free: batchFree }],
  ["LpPool", { attributes: touch }],
  ["GlobalAveragePool", {}],
  ["GlobalAveragePool", { free: batchFree }],
  ["GlobalMaxPool", {}],
  ["GlobalLpPool", {}],
  ["Resize", { rest: scales, attributes: { mode: "linear" } }],
  ["Resize", { rest: targetSize, attributes: { mode: "linear" }, free: batchFree }],
  ["Resize", { rest: targetSize, attributes: { mode: "nearest" } }],
  ["Resize", { rest: computedSize, attributes: { mode: "cubic" }, free: batchFree }],
  ["Resize", { rest: computedSize, attributes: { mode: "linear" } }],
  ["GridSample", { rest: (b) => [b.input("grid", "float32", ["N", 2, 3, 2])], free: batchFree }],
];

/**
 * loss = Σ f(w·x)² with one w a channel, for a batch that the graph was not told: a polynomial of second degree in w,
 * so central differences are exact but for rounding.
 */
test.each(
  rows.map(
    ([op, row], i) =>
      [`${op} ${JSON.stringify(row.attributes ?? {})} ${row.free ?? allFree}`, op, row, i] as const,
  ),
)("%s", async (_, operator, { attributes = {}, rest, free = allFree, opset = 18 }, index) => {
  const seed = 300 + index;
  const rng = random(seed);
  const drawn = (shape: readonly number[]): Tensor =>
    float32(
      Float32Array.from({ length: sizeOf(shape) }, () => 2 * rng.next() - 1),
      shape,
    );
  const feeds: Record<string, Tensor> = { x: drawn([5, 3, 7, 8]), grid: drawn([5, 2, 3, 2]) };
  const run = async (w: readonly number[], gradient: boolean): Promise<Float32Array> => {
    const b = new GraphBuilder({ opset });
    const x = b.input("x", "float32", free);
    const scaled = b.op("Mul", [x, b.initializer("w", float32(w, [1, 3, 1, 1]))]);
    const y = b.op(operator, [scaled, ...(rest?.(b, scaled) ?? [])], attributes);
    b.op("ReduceSumSquare", [y], { keepdims: 0 }, { outputs: ["loss"] });
    const differentiated = backward(b.model(), "loss", ["w"]);
    if (!gradient) b.output("loss", "float32", []);
    const session = await nodeRuntime().load(writeModel(gradient ? differentiated.model : b.model()));
    const answer = await session.run(Object.fromEntries(session.inputs.map((name) => [name, feeds[name]!])));
    await session.release();
    return floats(answer[gradient ? differentiated.gradients.get("w")! : "loss"]!);
  };
  const w = [0.7, 1.1, 1.6];
  const analytic = await run(w, true);
  for (const [i, value] of w.entries()) {
    const [above] = await run(w.with(i, value + 0.25), false);
    const [below] = await run(w.with(i, value - 0.25), false);
    const numeric = 2 * (above! - below!);
    expect(
      Math.abs(analytic[i]! - numeric) / Math.max(1, Math.abs(numeric)),
      `seed ${seed}: rule ${analytic[i]}, finite difference ${numeric}`,
    ).toBeLessThan(1e-4);
  }
});
