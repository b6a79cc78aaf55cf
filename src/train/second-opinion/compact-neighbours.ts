import { derived } from "../../core/random.ts";
import { float32, floats, int64, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime } from "../../runtime/session.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import type { FeatureSet } from "../features.ts";
import { unitLength } from "./unit-length.ts";

/** Known feature vectors of length 1 in a form small enough for a model file: where they lie in the directions they vary most. */
export interface CompactNeighbours {
  readonly width: number;
  readonly kept: number;
  /** Of all rows. */
  readonly mean: Float32Array;
  /** kept x width, its rows orthonormal. */
  readonly basis: Float32Array;
  /** rows x kept: each known picture less the mean, in the basis. */
  readonly known: Float32Array;
  /** One a row: its squared distance from the mean, in all directions. */
  readonly squares: Float32Array;
  /** Which of the nearest known pictures a distance is measured to, from 1. */
  readonly k: number;
}

/**
 * Directions kept. At 5 % false rejections, three splits of flowers and of dishes on three bases: 16 turn away 0.73 of the
 * strangers, 32 do 0.74, whole vectors 0.73, and one Gaussian a class in these directions 0.70 (recipes/second-opinion).
 * 32 with 1,024 pictures take 290 KiB of float32 at a width of 1,280, whole vectors 5 MiB.
 */
const mostKept = 32;

/** As `nearestStrangeness` has it; of few pictures a quarter of a class at most, or it would reach into another. */
const mostNeighbours = 10;

/** Each brings the basis closer to the principal directions; five instead of three changed nothing that could be measured. */
const passes = 3;

/**
 * Keeps known pictures for the strangeness of others. The basis is found by subspace iteration, Q <- orth(Q·XᵀX)
 * (N. Halko, P. Martinsson, J. Tropp, SIAM Review 53, 2011), from seeded numbers, so that no width x width matrix is ever
 * formed. Undefined where there are fewer than four pictures a class, or one feature.
 */
export async function fitCompactNeighbours(
  { rows, width, features }: Pick<FeatureSet, "rows" | "width" | "features">,
  classes: number,
  runtime: Runtime,
): Promise<CompactNeighbours | undefined> {
  const kept = Math.min(mostKept, Math.floor(width / 2), Math.floor(rows / 4));
  const k = Math.min(mostNeighbours, Math.floor(rows / (4 * classes)));
  if (kept < 1 || k < 1) return undefined;
  const { centred, mean, squares } = await centredUnits(float32(features, [rows, width]), runtime);
  const { basis, inside } = await principal(centred, { width, kept }, runtime);
  return { width, kept, mean, basis, known: inside, squares, k };
}

/** Rows at length 1 less their mean, and the squared length of each: by the engine, for it is most of the work. */
async function centredUnits(x: Tensor, runtime: Runtime) {
  const session = await runtime.load(writeModel(centringGraph()));
  try {
    const { centred, mean, squares } = await session.run({ x });
    return { centred: centred!, mean: floats(mean!), squares: floats(squares!) };
  } finally {
    await session.release();
  }
}

function centringGraph(): Model {
  const b = new GraphBuilder({ opset: targetOpset, name: "centring" });
  const unit = unitLength(b, b.input("x", "float32", ["rows", "width"]));
  const mean = b.op("ReduceMean", [unit, b.constant(int64([0]))], { keepdims: 0 }, { outputs: ["mean"] });
  const centred = b.op("Sub", [unit, mean], {}, { outputs: ["centred"] });
  b.op("ReduceSumSquare", [centred, b.constant(int64([1]))], { keepdims: 0 }, { outputs: ["squares"] });
  b.output("mean", "float32", ["width"]);
  b.output("centred", "float32", ["rows", "width"]);
  b.output("squares", "float32", ["rows"]);
  return b.model();
}

/** The basis, and the rows in it: rows x kept. */
async function principal(
  x: Tensor,
  { width, kept }: Pick<CompactNeighbours, "width" | "kept">,
  runtime: Runtime,
) {
  const session = await runtime.load(writeModel(passGraph()));
  try {
    const rng = derived(0, kept, width);
    const basis = new Float32Array(kept * width);
    for (let i = 0; i < basis.length; i++) basis[i] = rng.next() - 0.5;
    const q = float32(basis, [kept, width]);
    for (let pass = 0; pass < passes; pass++) {
      const { directions } = await session.run({ x, q }, ["directions"]);
      basis.set(orthonormal(Float64Array.from(floats(directions!)), width));
    }
    const { inside } = await session.run({ x, q }, ["inside"]);
    return { basis, inside: floats(inside!) };
  } finally {
    await session.release();
  }
}

/** `inside` = X·Qᵀ [rows, kept] and `directions` = (X·Qᵀ)ᵀ·X [kept, width]. */
function passGraph(): Model {
  const b = new GraphBuilder({ opset: targetOpset, name: "subspace" });
  b.input("x", "float32", ["rows", "width"]);
  b.input("q", "float32", ["kept", "width"]);
  b.op("Gemm", ["x", "q"], { transB: 1 }, { outputs: ["inside"] });
  b.op("Gemm", ["inside", "x"], { transA: 1 }, { outputs: ["directions"] });
  b.output("inside", "float32", ["rows", "kept"]);
  b.output("directions", "float32", ["kept", "width"]);
  return b.model();
}

/** Modified Gram-Schmidt on rows of `width`, in place; a row that the others span becomes zeros. */
function orthonormal(directions: Float64Array, width: number): Float64Array {
  for (let own = 0; own < directions.length; own += width) {
    const before = Math.sqrt(dot(directions, own, own, width));
    for (let other = 0; other < own; other += width) {
      const shared = dot(directions, own, other, width);
      for (let i = 0; i < width; i++) directions[own + i]! -= shared * directions[other + i]!;
    }
    const length = Math.sqrt(dot(directions, own, own, width));
    // The engine's sums are of float32: what is smaller than their rounding is no direction.
    const scale = length > 1e-6 * before ? 1 / length : 0;
    for (let i = 0; i < width; i++) directions[own + i]! *= scale;
  }
  return directions;
}

function dot(values: Float64Array, a: number, b: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += values[a + i]! * values[b + i]!;
  return sum;
}
