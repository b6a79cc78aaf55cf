import { TsugikiError } from "../core/errors.ts";

/** No gradient can be formed: an operator without a rule, or a form of one that its rule does not cover. */
export class GradientError extends TsugikiError<{
  readonly node: string;
  readonly opType: string;
  /** Operators from the node to the loss. */
  readonly path: readonly string[];
}> {
  override readonly code = "GRADIENT";
}
