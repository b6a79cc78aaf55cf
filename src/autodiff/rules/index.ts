import type { Rule } from "../rule.ts";
import * as arithmetic from "./arithmetic.ts";
import * as linear from "./linear.ts";
import * as pointwise from "./pointwise.ts";
import * as reduce from "./reduce.ts";
import * as shape from "./shape.ts";

/** Every rule by its operator's name: whatever the family files export. */
export const rules = { ...arithmetic, ...linear, ...pointwise, ...reduce, ...shape } satisfies Record<
  string,
  Rule
>;

export type Operator = keyof typeof rules;

/** The rule of an operator of ONNX's own domain, if there is one. */
export function ruleFor(opType: string): Rule | undefined {
  const table: Readonly<Record<string, Rule>> = rules;
  return Object.hasOwn(table, opType) ? table[opType] : undefined;
}
