import { int64, scalar } from "../../src/core/tensor.ts";
import type { GraphBuilder } from "../../src/onnx/builder.ts";
import { adam } from "../../src/optim/adam.ts";
import type { Optimizer, Update, UpdateSite } from "../../src/optim/optimizer.ts";

export interface MuonOptions {
  /** Weights that are stepped as matrices, [out, …] each, by name with their shapes; Adam steps all others. */
  readonly matrices: ReadonlyMap<string, readonly number[]>;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** x ← a·x + (b·xxᵀ + c·(xxᵀ)²)·x takes all singular values of a matrix of norm 1 to about 1 in five rounds. */
const rounds = 5;
const [a, b, c] = [3.4445, -4.775, 2.0315];

/**
 * Muon (K. Jordan 2024): the momentum of a matrix is made orthogonal before it is stepped along, so that each of its
 * directions is learned at the same pace. The step is scaled to Adam's size, 0.2·√(larger side) (J. Liu et al. 2025), so
 * that one rate serves both.
 */
export function muon({ matrices, momentum, weightDecay }: MuonOptions): Optimizer {
  const others = adam({ beta2: 0.99, weightDecay });
  return {
    name: "muon",
    slots: others.slots,
    update(builder, site) {
      const shape = matrices.get(site.weight);
      return shape === undefined
        ? others.update(builder, site)
        : orthogonalStep(builder, site, shape, { momentum, weightDecay });
    },
  };
}

function orthogonalStep(
  builder: GraphBuilder,
  { weight, gradient, rate, state: [memory = "", unused = ""] }: UpdateSite,
  shape: readonly number[],
  { momentum, weightDecay }: Pick<MuonOptions, "momentum" | "weightDecay">,
): Update {
  const [rows = 1, ...rest] = shape;
  const columns = rest.reduce((product, side) => product * side, 1);
  const op = (type: string, ...inputs: string[]): string => builder.op(type, inputs);
  const times = (x: string, factor: number): string => op("Mul", x, builder.constant(scalar(factor)));
  const asMatrix = (x: string): string =>
    builder.op("Reshape", [x, builder.constant(int64([rows, columns]))]);
  const asBefore = (x: string): string => builder.op("Reshape", [x, builder.constant(int64(shape))]);

  const slope = asMatrix(gradient);
  const mean = op("Add", times(asMatrix(memory), momentum), slope);
  const ahead = op("Add", slope, times(mean, momentum));
  const step = times(orthogonal(builder, ahead, rows > columns), 0.2 * Math.sqrt(Math.max(rows, columns)));
  const old = asMatrix(weight);
  const kept = op("Sub", old, op("Mul", times(old, weightDecay), rate));
  return {
    weight: asBefore(op("Sub", kept, op("Mul", step, rate))),
    state: [asBefore(mean), op("Identity", unused)],
  };
}

/** The nearest matrix whose rows (columns of a tall one) are orthonormal, roughly. */
function orthogonal(builder: GraphBuilder, matrix: string, tall: boolean): string {
  const op = (type: string, ...inputs: string[]): string => builder.op(type, inputs);
  const turned = (value: string): string => builder.op("Transpose", [value], { perm: [1, 0] });
  const sum = (first: string, byFirst: number, second: string, bySecond: number): string =>
    op(
      "Add",
      op("Mul", first, builder.constant(scalar(byFirst))),
      op("Mul", second, builder.constant(scalar(bySecond))),
    );
  const squares = builder.op("ReduceSum", [op("Mul", matrix, matrix)], { keepdims: 0 });
  const norm = op("Add", op("Sqrt", squares), builder.constant(scalar(1e-7)));
  let x = op("Div", tall ? turned(matrix) : matrix, norm);
  for (let i = 0; i < rounds; i++) {
    const square = op("MatMul", x, turned(x));
    const mix = sum(square, b, op("MatMul", square, square), c);
    x = sum(x, a, op("MatMul", mix, x), 1);
  }
  return tall ? turned(x) : x;
}
