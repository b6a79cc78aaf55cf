import { int64, scalar } from "../core/tensor.ts";
import type { GraphBuilder } from "../onnx/builder.ts";

/** Names of the values that an update reads; all float32. */
export interface UpdateSite {
  readonly weight: string;
  /** d loss / d weight, of the weight's shape. */
  readonly gradient: string;
  readonly shape: readonly number[];
  /** Learning rate, a scalar. */
  readonly rate: string;
  /** Number of this update from 1 on, a scalar. */
  readonly step: string;
  /** One value a slot, each of the weight's shape. */
  readonly state: readonly string[];
  /** False spares the weight from weight decay: biases and norms. */
  readonly decays: boolean;
}

/** Names of the values that take the old ones' place. */
export interface Update {
  readonly weight: string;
  readonly state: readonly string[];
}

/** A rule for stepping against the gradient, written into the graph as nodes. */
export interface Optimizer {
  readonly name: string;
  /** Names of what it remembers of each weight, starting from zeros. */
  readonly slots: readonly string[];
  update(builder: GraphBuilder, site: UpdateSite): Update;
}

type Operand = string | number;

/** What `arithmetic` has written into each graph so far. */
const written = new WeakMap<GraphBuilder, Map<string, string>>();

/**
 * Arithmetic as nodes; a number stands for a scalar constant. The same operation on the same operands is written once a
 * graph, so what depends on the step and the rate alone is computed once for all weights.
 */
export function arithmetic(builder: GraphBuilder) {
  const known = written.get(builder) ?? new Map<string, string>();
  written.set(builder, known);
  const once = (key: readonly Operand[], write: () => string): string => {
    const text = JSON.stringify(key);
    const name = known.get(text) ?? write();
    known.set(text, name);
    return name;
  };
  const named = (each: Operand): string =>
    typeof each === "string" ? each : once([each], () => builder.constant(scalar(each)));
  const op =
    (opType: string) =>
    (...operands: readonly Operand[]): string =>
      once([opType, ...operands], () => builder.op(opType, operands.map(named)));
  const vectorAxis = (): string => once(["axis of a vector"], () => builder.constant(int64([-1]), "vector"));
  return {
    add: op("Add"),
    sub: op("Sub"),
    mul: op("Mul"),
    div: op("Div"),
    pow: op("Pow"),
    sqrt: op("Sqrt"),
    min: op("Min"),
    sum: op("Sum"),
    /** All elements in one row. */
    vector: (value: string): string =>
      once(["to a vector", value], () => builder.op("Reshape", [value, vectorAxis()])),
    /** A vector's elements in the shape of another value. */
    inShapeOf: (like: string, vector: string): string => {
      const shape = once(["Shape", like], () => builder.op("Shape", [like]));
      return once(["in a shape", vector, shape], () => builder.op("Reshape", [vector, shape]));
    },
  };
}

/**
 * The same optimizer, its arithmetic done on vectors where that is faster: ONNX Runtime 1.30 goes element by element where
 * a scalar meets a tensor that ends in axes of size 1, as the weights of 1x1 convolutions do (14 times slower, measured).
 * Elsewhere it would be slower, for giving a vector its shape back copies it.
 */
export function onVectors(optimizer: Optimizer): Optimizer {
  return {
    ...optimizer,
    update(builder, site) {
      if (site.shape.at(-1) !== 1) return optimizer.update(builder, site);
      const { vector, inShapeOf } = arithmetic(builder);
      const update = optimizer.update(builder, {
        ...site,
        weight: vector(site.weight),
        gradient: vector(site.gradient),
        state: site.state.map(vector),
      });
      const shaped = (value: string): string => inShapeOf(site.weight, value);
      return { weight: shaped(update.weight), state: update.state.map(shaped) };
    },
  };
}

/** w·(1 - rate·decay): weight decay apart from the gradient (Loshchilov and Hutter 2019). */
export function decayed(builder: GraphBuilder, { weight, rate, decays }: UpdateSite, decay: number): string {
  if (decay === 0 || !decays) return weight;
  const { mul, sub } = arithmetic(builder);
  return mul(weight, sub(1, mul(rate, decay)));
}
