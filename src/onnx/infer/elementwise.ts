import type { DType } from "../../core/tensor.ts";
import { intAttr } from "../attributes.ts";
import { dtypeOf } from "../dtypes.ts";
import type { Dim } from "../graph.ts";
import { addDim, mulDim, subDim } from "./dims.ts";
import { identity, type Known, maxValues, type Op, type Rule, sameAsInput } from "./op.ts";

type Fold = (a: Dim, b: Dim) => Dim;

function isFloat(dtype: DType | undefined): boolean {
  return dtype === "float32" || dtype === "float64" || dtype === "float16" || dtype === "bfloat16";
}

/** Rounds as the element type does; single precision stands for the narrower types too. */
function rounded(value: Dim, dtype: DType | undefined): Dim {
  if (typeof value !== "number") return value;
  if (!isFloat(dtype)) return Math.trunc(value);
  return dtype === "float64" ? value : Math.fround(value);
}

function finite(value: Dim): Dim {
  return typeof value === "number" && !Number.isFinite(value) ? undefined : value;
}

/** Applies `fold` along small vectors and scalars, where the values are known. */
function foldValues(op: Op, fold: Fold): readonly Dim[] | undefined {
  const [a, b] = [op.input(0).value, op.input(1).value];
  if (a === undefined || b === undefined) return undefined;
  if (a.length !== b.length && a.length !== 1 && b.length !== 1) return undefined;
  const length = a.length === 0 || b.length === 0 ? 0 : Math.max(a.length, b.length);
  const dtype = op.dtype(0) ?? op.dtype(1);
  return Array.from({ length }, (_, i) =>
    finite(rounded(fold(a[a.length === 1 ? 0 : i], b[b.length === 1 ? 0 : i]), dtype)),
  );
}

function binary(fold?: Fold): Rule {
  return (op) => {
    const shape = op.broadcast([op.shape(0), op.shape(1)]);
    return [{ dtype: op.dtype(0) ?? op.dtype(1), shape, value: fold && foldValues(op, fold) }];
  };
}

/** A comparison: its value is 1 for true and 0 for false, where both sides are numbers. */
function comparison(compare?: (a: number, b: number) => boolean): Rule {
  const fold: Fold = (a, b) =>
    typeof a === "number" && typeof b === "number" && compare ? Number(compare(a, b)) : undefined;
  return (op) => {
    const shape = op.broadcast([op.shape(0), op.shape(1)]);
    return [{ dtype: "bool", shape, value: compare && foldValues(op, fold) }];
  };
}

const onNumbers =
  (compute: (a: number, b: number) => number): Fold =>
  (a, b) => {
    return typeof a === "number" && typeof b === "number" ? compute(a, b) : undefined;
  };

/** Division keeps a name that is divided by 1; integers truncate, in `rounded`. */
const divide: Fold = (a, b) => (b === 1 ? a : onNumbers((x, y) => x / y)(a, b));

/** x mod y with the sign of y, or of x with fmod=1. */
const Mod: Rule = (op) => {
  const truncated = intAttr(op.node, "fmod", 0) === 1;
  return binary(onNumbers((x, y) => (truncated ? x % y : x - y * Math.floor(x / y))))(op);
};

function unary(compute?: (x: number) => number): Rule {
  return (op) => {
    const { dtype, shape, value } = op.input(0);
    const folded = value?.map((x) =>
      typeof x === "number" && compute ? rounded(compute(x), dtype) : undefined,
    );
    return [{ dtype, shape, value: compute && folded }];
  };
}

/** Any number of inputs, broadcast together; two of them are folded. */
function variadic(fold?: Fold): Rule {
  return (op) => {
    const shape = op.broadcast(op.inputs.map((input) => input?.shape));
    const dtype = op.inputs.find((input) => input?.dtype)?.dtype;
    const value = fold && op.inputs.length === 2 ? foldValues(op, fold) : undefined;
    return [{ dtype, shape, value: op.inputs.length === 1 ? op.input(0).value : value }];
  };
}

const boolOfInput: Rule = (op) => [{ dtype: "bool", shape: op.shape(0) }];

const Where: Rule = (op) => {
  const shape = op.broadcast([op.shape(0), op.shape(1), op.shape(2)]);
  const [condition, yes, no] = [op.input(0).value, op.input(1).value, op.input(2).value];
  const pick = (list: readonly Dim[], i: number) => list[list.length === 1 ? 0 : i];
  const length = Math.max(condition?.length ?? 0, yes?.length ?? 0, no?.length ?? 0);
  const value =
    condition && yes && no && length <= maxValues
      ? Array.from({ length }, (_, i) => {
          const chosen = pick(condition, i);
          if (typeof chosen === "number") return pick(chosen === 0 ? no : yes, i);
          return undefined;
        })
      : undefined;
  return [{ dtype: op.dtype(1) ?? op.dtype(2), shape, value }];
};

const Cast: Rule = (op) => [castTo(op, dtypeOf(intAttr(op.node, "to", 0)))];
const CastLike: Rule = (op) => [castTo(op, op.dtype(1))];

function castTo(op: Op, dtype: DType | undefined): Known {
  const { shape, value } = op.input(0);
  const numeric = dtype === "int64" || dtype === "int32" || isFloat(dtype);
  return { dtype, shape, value: numeric ? value?.map((item) => finite(rounded(item, dtype))) : undefined };
}

const Dropout: Rule = (op) => [
  op.input(0),
  { dtype: op.opset < 10 ? op.dtype(0) : "bool", shape: op.shape(0) },
];

/** Activations and functions of one number: the shape stays. */
const shapeKeeping = [
  "Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Clip Cos Cosh CumSum CumProd Elu Erf Exp Gelu",
  "HardSigmoid HardSwish Hardmax LeakyRelu Log LogSoftmax LpNormalization LRN MeanVarianceNormalization Mish Not",
  "PRelu Reciprocal Relu ReverseSequence RotaryEmbedding Selu Shrink Sigmoid Sign Sin Sinh",
  "Softmax Softplus Softsign Swish Tan Tanh ThresholdedRelu Trilu",
].flatMap((line) => line.split(" "));

export const elementwise: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(shapeKeeping.map((opType) => [opType, sameAsInput])),
  Identity: identity,
  Dropout,
  Add: binary(addDim),
  Sub: binary(subDim),
  Mul: binary(mulDim),
  Div: binary(divide),
  Mod,
  Pow: binary(onNumbers((x, y) => x ** y)),
  BitShift: binary(),
  BitwiseAnd: binary(),
  BitwiseOr: binary(),
  BitwiseXor: binary(),
  Max: variadic(onNumbers(Math.max)),
  Min: variadic(onNumbers(Math.min)),
  Sum: variadic(),
  Mean: variadic(),
  And: comparison(),
  Or: comparison(),
  Xor: comparison(),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  Abs: unary(Math.abs),
  Neg: unary((x) => -x),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Sqrt: unary(Math.sqrt),
  Round: unary(),
  IsNaN: boolOfInput,
  IsInf: boolOfInput,
  Where,
  Cast,
  CastLike,
};
