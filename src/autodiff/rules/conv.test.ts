import { expect, test } from "vitest";
import { type Random, random } from "../../core/random.ts";
import { float32, floats, int64, sizeOf, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";

/** A square convolution of two axes; what the gradient nodes must, and must not, hold shows which form was chosen. */
interface Row {
  readonly form: string;
  readonly channels: number;
  readonly filters: number;
  readonly group?: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly holds: readonly string[];
  readonly lacks: readonly string[];
}

const rows: readonly Row[] = [
  {
    form: "1x1: a Conv for dx, one product for dw",
    ...{ channels: 6, filters: 4, size: 5, kernel: 1 },
    holds: ["Conv", "MatMul"],
    lacks: ["ConvTranspose", "Slice", "Pad"],
  },
  {
    form: "1x1 of stride 2",
    ...{ channels: 6, filters: 4, size: 6, kernel: 1, stride: 2 },
    holds: ["ConvTranspose", "Slice"],
    lacks: ["Conv", "Pad"],
  },
  {
    form: "dense, picture by picture",
    ...{ channels: 5, filters: 6, size: 7, kernel: 3, pad: 1 },
    holds: ["Conv", "ReduceSum", "Pad"],
    lacks: ["ConvTranspose", "Slice"],
  },
  {
    form: "dense, over the batch at once",
    ...{ channels: 20, filters: 24, size: 3, kernel: 3, pad: 1, stride: 2 },
    holds: ["ConvTranspose", "Slice"],
    lacks: ["Conv"],
  },
  {
    form: "a picture's first convolution",
    ...{ channels: 3, filters: 6, size: 9, kernel: 3, pad: 1, stride: 2 },
    holds: ["Conv", "ConvTranspose"],
    lacks: ["MatMul"],
  },
  {
    form: "depthwise, one matrix a channel",
    ...{ channels: 4, filters: 4, group: 4, size: 6, kernel: 3, pad: 1, stride: 2 },
    holds: ["Gemm", "MatMul"],
    lacks: ["Conv", "ConvTranspose"],
  },
  {
    form: "depthwise, row by row",
    ...{ channels: 3, filters: 3, group: 3, size: 17, kernel: 3, pad: 1, stride: 2 },
    holds: ["ConvTranspose", "MatMul", "Pad"],
    lacks: ["Conv", "Gather"],
  },
  {
    form: "depthwise, shifted",
    ...{ channels: 2, filters: 2, group: 2, size: 33, kernel: 3, pad: 1 },
    holds: ["Conv", "Gather", "MatMul"],
    lacks: ["ConvTranspose"],
  },
];

const draw = (rng: Random, shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, () => 2 * rng.next() - 1);

/** The gradients by their definition, place by place in double precision; dx is summed over the batch. */
function reference(row: Row, x: Float32Array, w: Float32Array, dy: Float32Array, batch: number) {
  const { channels, filters, group = 1, size, kernel, stride = 1, pad = 0 } = row;
  const out = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const [inputs, outputs] = [channels / group, filters / group];
  const dx = new Float64Array(channels * size * size);
  const dw = new Float64Array(w.length);
  const db = new Float64Array(filters);
  const each = (count: number, run: (i: number) => void): void =>
    Array.from({ length: count }, (_, i) => i).forEach(run);
  each(batch * filters * out * out, (at) => {
    const [j, i] = [at % out, Math.floor(at / out) % out];
    const m = Math.floor(at / out ** 2) % filters;
    const n = Math.floor(at / out ** 2 / filters);
    db[m]! += dy[at]!;
    each(inputs * kernel * kernel, (tap) => {
      const above = i * stride + (Math.floor(tap / kernel) % kernel) - pad;
      const left = j * stride + (tap % kernel) - pad;
      if (above < 0 || above >= size || left < 0 || left >= size) return;
      const c = Math.floor(m / outputs) * inputs + Math.floor(tap / kernel ** 2);
      const place = (c * size + above) * size + left;
      dx[place]! += dy[at]! * w[m * inputs * kernel ** 2 + tap]!;
      dw[m * inputs * kernel ** 2 + tap]! += dy[at]! * x[n * channels * size ** 2 + place]!;
    });
  });
  return [dx, dw, db];
}

/** Σ dy·Conv(x + shift, w, b) with a free batch, so that the gradient by `shift` is dx summed over the batch. */
function lossOf(row: Row, w: Float32Array, out: number) {
  const { channels, filters, group = 1, size, kernel, stride = 1, pad = 0 } = row;
  const b = new GraphBuilder({ opset: 18 });
  const x = b.input("x", "float32", ["N", channels, size, size]);
  const dy = b.input("dy", "float32", ["N", filters, out, out]);
  const shift = b.initializer(
    "shift",
    float32(new Float32Array(channels * size ** 2), [1, channels, size, size]),
  );
  const weight = b.initializer("w", float32(w, [filters, channels / group, kernel, kernel]));
  const bias = b.initializer("b", float32(new Float32Array(filters)));
  const pads = Array<number>(4).fill(pad);
  const y = b.op("Conv", [b.op("Add", [x, shift]), weight, bias], { group, pads, strides: [stride, stride] });
  const flat = b.op("Reshape", [b.op("Mul", [y, dy]), b.constant(int64([-1]))]);
  b.op("ReduceSum", [flat], { keepdims: 0 }, { outputs: ["loss"] });
  return b.model();
}

test.each(rows.map((row): [string, Row] => [row.form, row]))("a free batch, %s", async (_, row) => {
  const seed = 17;
  const rng = random(seed);
  const { channels, filters, group = 1, size, kernel, stride = 1, pad = 0, holds, lacks } = row;
  const out = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const batch = 3;
  const w = draw(rng, [filters, channels / group, kernel, kernel]);
  const x = float32(draw(rng, [batch, channels, size, size]), [batch, channels, size, size]);
  const dy = float32(draw(rng, [batch, filters, out, out]), [batch, filters, out, out]);
  const forward = lossOf(row, w, out);
  const { model, gradients } = backward(forward, "loss", ["shift", "w", "b"]);

  const emitted = new Set(model.graph.nodes.slice(forward.graph.nodes.length).map((node) => node.opType));
  expect([...emitted]).toEqual(expect.arrayContaining([...holds]));
  expect(lacks.filter((opType) => emitted.has(opType))).toEqual([]);

  const session = await nodeRuntime().load(writeModel(model));
  const answer: Record<string, Tensor> = await session.run({ x, dy });
  await session.release();
  const expected = reference(row, floats(x), w, floats(dy), batch);
  for (const [i, name] of ["shift", "w", "b"].entries()) {
    const found = floats(answer[gradients.get(name)!]!);
    const error = Math.max(...found.map((value, at) => Math.abs(value - expected[i]![at]!)));
    expect(found).toHaveLength(expected[i]!.length);
    expect(error, `seed ${seed}: ${name}`).toBeLessThan(1e-4);
  }
});
