import { scalar } from "../core/tensor.ts";
import type { GraphBuilder } from "../onnx/builder.ts";

/** Names of the values that an update reads; all float32. */
export interface UpdateSite {
  readonly weight: string;
  /** d loss / d weight, of the weight's shape. */
  readonly gradient: string;
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

/** Arithmetic as nodes; a number stands for a scalar constant. */
export function arithmetic(builder: GraphBuilder) {
  const op =
    (opType: string) =>
    (...operands: readonly Operand[]): string =>
      builder.op(
        opType,
        operands.map((each) => (typeof each === "string" ? each : builder.constant(scalar(each)))),
      );
  return { add: op("Add"), sub: op("Sub"), mul: op("Mul"), div: op("Div"), pow: op("Pow"), sqrt: op("Sqrt") };
}

/** w·(1 - rate·decay): weight decay apart from the gradient (Loshchilov and Hutter 2019). */
export function decayed(builder: GraphBuilder, { weight, rate, decays }: UpdateSite, decay: number): string {
  if (decay === 0 || !decays) return weight;
  const { mul, sub } = arithmetic(builder);
  return mul(weight, sub(1, mul(rate, decay)));
}
