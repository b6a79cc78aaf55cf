import type { Random } from "../../src/core/random.ts";
import { float32, type Tensor } from "../../src/core/tensor.ts";
import type { Shard } from "./teacher.ts";

/**
 * Rows of a shard as a step takes them (see `distillStep`), each mirrored by chance, picture and map together, and shown
 * to the student up to 15 % brighter or darker than the teacher saw it.
 */
export function batchOf(shard: Shard, rows: Int32Array, random: Random): Readonly<Record<string, Tensor>> {
  const mirrored = Array.from(rows, () => random.next() < 0.5);
  const gains = Array.from(rows, () => 0.85 + 0.3 * random.next());
  return {
    pictures: gather(shard.pictures, rows, mirrored),
    "map.taught": gather(shard.map, rows, mirrored),
    "features.taught": gather(shard.features, rows),
    labels: gather(shard.labels, rows),
    gain: float32(gains, [rows.length, 1, 1, 1]),
  };
}

function gather(tensor: Tensor, rows: Int32Array, mirrored: readonly boolean[] = []): Tensor {
  const [count = 1, ...shape] = tensor.shape;
  const size = tensor.bytes.length / count;
  const bytes = new Uint8Array(size * rows.length);
  for (const [i, row] of rows.entries()) {
    const from = tensor.bytes.subarray(row * size, (row + 1) * size);
    if (mirrored[i]) mirror(from, bytes.subarray(i * size, (i + 1) * size), tensor);
    else bytes.set(from, i * size);
  }
  return { ...tensor, shape: [rows.length, ...shape], bytes };
}

/** Left to right: pixels of three bytes [N, H, W, 3], or words of two [N, C, H, W]. */
function mirror(from: Uint8Array, to: Uint8Array, { dtype, shape }: Tensor): void {
  const [width, unit] = dtype === "uint8" ? [shape[2]!, 3] : [shape[3]!, 2];
  for (let row = 0; row < from.length; row += width * unit) {
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < unit; k++) to[row + (width - 1 - x) * unit + k] = from[row + x * unit + k]!;
    }
  }
}
