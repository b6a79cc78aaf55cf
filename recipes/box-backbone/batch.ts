import type { Random } from "../../src/core/random.ts";
import { float32, type Tensor } from "../../src/core/tensor.ts";
import type { Shard } from "./teacher.ts";

/** How far a picture is moved at most, in pixels of 64. */
const farthest = 4;
/** Share of pictures shown as a small one stretched: halved, each pixel doubled again by its neighbours' means. */
const blurred = 0.15;

/**
 * Rows of a shard as a step takes them (see `distillStep`). The student sees each picture mirrored by chance, moved by up
 * to 4 pixels (its edge goes on), each colour up to 10 % stronger or weaker than the teacher saw it, and some of them as
 * small pictures stretched.
 */
export function batchOf(shard: Shard, rows: Int32Array, random: Random): Readonly<Record<string, Tensor>> {
  const [, side = 0] = shard.pictures.shape;
  const size = side * side * 3;
  const pictures = new Uint8Array(rows.length * size);
  for (const [i, row] of rows.entries()) {
    const to = pictures.subarray(i * size, (i + 1) * size);
    moved(shard.pictures.bytes.subarray(row * size, (row + 1) * size), to, side, random);
    if (random.next() < blurred) coarsen(to, side);
  }
  const gains = Array.from({ length: rows.length * 3 }, () => 0.9 + 0.2 * random.next());
  return {
    pictures: { dtype: "uint8", shape: [rows.length, side, side, 3], bytes: pictures },
    "features.taught": gather(shard.features, rows),
    labels: gather(shard.labels, rows),
    gain: float32(gains, [rows.length, 3, 1, 1]),
  };
}

function gather(tensor: Tensor, rows: Int32Array): Tensor {
  const [count = 1, ...shape] = tensor.shape;
  const size = tensor.bytes.length / count;
  const bytes = new Uint8Array(size * rows.length);
  for (const [i, row] of rows.entries())
    bytes.set(tensor.bytes.subarray(row * size, (row + 1) * size), i * size);
  return { ...tensor, shape: [rows.length, ...shape], bytes };
}

function moved(from: Uint8Array, to: Uint8Array, side: number, random: Random): void {
  const mirrored = random.next() < 0.5;
  const most = Math.round((farthest * side) / 64);
  const [right, down] = [random.int(2 * most + 1) - most, random.int(2 * most + 1) - most];
  const columns = Int32Array.from(
    { length: side },
    (_, x) => 3 * inside((mirrored ? side - 1 - x : x) + right, side),
  );
  let at = 0;
  for (let y = 0; y < side; y++) {
    const row = 3 * side * inside(y + down, side);
    for (let x = 0; x < side; x++) {
      const source = row + columns[x]!;
      to[at++] = from[source]!;
      to[at++] = from[source + 1]!;
      to[at++] = from[source + 2]!;
    }
  }
}

function inside(place: number, side: number): number {
  return Math.min(side - 1, Math.max(0, place));
}

/** To half the side by means of 2 x 2 and back by linear interpolation, in place. */
function coarsen(pixels: Uint8Array, side: number): void {
  const half = side / 2;
  const small = new Float32Array(half * half * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const to = 3 * ((y >> 1) * half + (x >> 1));
      for (let c = 0; c < 3; c++) small[to + c]! += pixels[3 * (y * side + x) + c]! / 4;
    }
  }
  // Each place lies a quarter of a small pixel from one's middle: 3 parts of that, 1 of the neighbour on its side.
  const near = Int32Array.from({ length: side }, (_, place) =>
    inside((place >> 1) + (place % 2 === 0 ? -1 : 1), half),
  );
  for (let y = 0; y < side; y++) {
    const [row, nearRow] = [3 * half * (y >> 1), 3 * half * near[y]!];
    for (let x = 0; x < side; x++) {
      const [column, nearColumn] = [3 * (x >> 1), 3 * near[x]!];
      for (let c = 0; c < 3; c++) {
        const own = 3 * small[row + column + c]! + small[row + nearColumn + c]!;
        const other = 3 * small[nearRow + column + c]! + small[nearRow + nearColumn + c]!;
        pixels[3 * (y * side + x) + c] = Math.round((3 * own + other) / 16);
      }
    }
  }
}
