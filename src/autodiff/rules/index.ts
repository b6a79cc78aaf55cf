import type { Rule } from "../rule.ts";
import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import * as conv from "./conv.ts";
import * as indexing from "./indexing.ts";
import * as linear from "./linear.ts";
import * as none from "./none.ts";
import * as normalization from "./normalization.ts";
import * as pointwise from "./pointwise.ts";
import * as pool from "./pool.ts";
import * as reduce from "./reduce.ts";
import * as resample from "./resample.ts";
import * as shape from "./shape.ts";

/** Every rule that passes a gradient, by its operator's name: whatever the family files export. */
export const rules = {
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
} satisfies Record<string, Rule>;

export type Operator = keyof typeof rules;

const table: Readonly<Record<string, Rule>> = { ...rules, ...none };

/** The rule of an operator of ONNX's own domain, if there is one. */
export function ruleFor(opType: string): Rule | undefined {
  return Object.hasOwn(table, opType) ? table[opType] : undefined;
}

/** Whether an operator passes no gradient by its nature. */
export function passesNone(opType: string): boolean {
  return Object.hasOwn(none, opType);
}
