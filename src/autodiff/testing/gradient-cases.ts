import type { Operator } from "../rules/index.ts";
import { activation } from "./cases/activation.ts";
import { arithmetic } from "./cases/arithmetic.ts";
import { conv } from "./cases/conv.ts";
import { indexing } from "./cases/indexing.ts";
import { linear } from "./cases/linear.ts";
import { normalization } from "./cases/normalization.ts";
import { pointwise } from "./cases/pointwise.ts";
import { pool } from "./cases/pool.ts";
import { reduce } from "./cases/reduce.ts";
import { resample } from "./cases/resample.ts";
import { shape } from "./cases/shape.ts";
import type { GradientCase } from "./gradient-case.ts";

/** Rows a rule is held to; an operator with a rule and without a row fails the type check. */
export const cases: Readonly<Record<Operator, readonly GradientCase[]>> = {
  ...activation,
  ...arithmetic,
  ...conv,
  ...indexing,
  ...linear,
  ...normalization,
  ...pointwise,
  ...pool,
  ...reduce,
  ...resample,
  ...shape,
};
