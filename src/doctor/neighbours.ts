import { float32, floats } from "../core/tensor.ts";
import { unitRows } from "../evaluate/numerics/unit-rows.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime } from "../runtime/session.ts";
import { targetOpset } from "../surgery/upgrade.ts";

/** Two pictures whose features point the same way: `first` < `second`. */
export interface Pair {
  readonly first: number;
  readonly second: number;
  /** -1 to 1. */
  readonly cosine: number;
}

export interface Neighbours {
  /** How many nearest others are known of each row. */
  readonly k: number;
  /** rows x k: their numbers, the nearest first. */
  readonly rows: Int32Array;
  /** rows x k: the cosines. */
  readonly cosines: Float32Array;
  /** All pairs at or above the threshold asked for. */
  readonly pairs: readonly Pair[];
}

/** Rows compared with all others in one run: the products stay within some 40 MB for 20,000 pictures. */
const blockRows = 512;

/**
 * cos(x, y) = (x - μ)ᵀ(y - μ) / (|x - μ|·|y - μ|), every row with every other, in the engine.
 *
 * The mean μ of all rows is taken off first: behind a ReLU all features are positive, and every two pictures would look
 * alike. 10,000 pictures of 1,280 features are 128 GFLOP, some seconds. `features` is rows x width.
 */
export async function neighboursOf(
  features: Float32Array,
  width: number,
  runtime: Runtime,
  {
    k: wanted,
    pairsFrom,
    signal,
  }: { readonly k: number; readonly pairsFrom: number; readonly signal?: AbortSignal | undefined },
): Promise<Neighbours> {
  const count = features.length / width;
  const k = Math.max(0, Math.min(wanted, count - 1));
  const units = unitRows(centred(features, width), width);
  const rows = new Int32Array(count * k).fill(-1);
  const cosines = new Float32Array(count * k).fill(Number.NEGATIVE_INFINITY);
  const pairs: Pair[] = [];
  if (count < 2) return { k, rows, cosines, pairs };
  const b = new GraphBuilder({ opset: targetOpset, name: "cosines" });
  const some = b.input("some", "float32", [undefined, width]);
  const all = b.input("all", "float32", [undefined, width]);
  b.output(b.op("MatMul", [some, b.op("Transpose", [all], { perm: [1, 0] })], {}, { outputs: ["cosines"] }));
  const session = await runtime.load(writeModel(b.model()));
  try {
    const everything = float32(units, [count, width]);
    for (let from = 0; from < count; from += blockRows) {
      signal?.throwIfAborted();
      const size = Math.min(blockRows, count - from);
      const block = float32(units.subarray(from * width, (from + size) * width), [size, width]);
      const answer = floats((await session.run({ some: block, all: everything })).cosines!);
      for (let i = 0; i < size; i++) {
        const row = from + i;
        const own = answer.subarray(i * count, (i + 1) * count);
        nearest(own, row, rows.subarray(row * k, (row + 1) * k), cosines.subarray(row * k, (row + 1) * k));
        for (let other = row + 1; other < count; other++) {
          if (own[other]! >= pairsFrom) pairs.push({ first: row, second: other, cosine: own[other]! });
        }
      }
    }
  } finally {
    await session.release();
  }
  return { k, rows, cosines, pairs };
}

/** Inserts each other row where it belongs among the k nearest so far. */
function nearest(own: Float32Array, row: number, rows: Int32Array, cosines: Float32Array): void {
  const k = rows.length;
  if (k === 0) return;
  for (let other = 0; other < own.length; other++) {
    const cosine = own[other]!;
    if (other === row || cosine <= cosines[k - 1]!) continue;
    let at = k - 1;
    for (; at > 0 && cosine > cosines[at - 1]!; at--) {
      rows[at] = rows[at - 1]!;
      cosines[at] = cosines[at - 1]!;
    }
    rows[at] = other;
    cosines[at] = cosine;
  }
}

function centred(features: Float32Array, width: number): Float32Array {
  const mean = new Float64Array(width);
  const count = features.length / width;
  for (let i = 0; i < features.length; i++) mean[i % width]! += features[i]! / count;
  return features.map((value, i) => value - mean[i % width]!);
}
