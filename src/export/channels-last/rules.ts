import { activations } from "./activations.ts";
import { convolutions } from "./convolutions.ts";
import { elementwise } from "./elementwise.ts";
import { linear } from "./linear.ts";
import { normalizations } from "./normalizations.ts";
import { pools } from "./pools.ts";
import { reductions } from "./reductions.ts";
import { resizing } from "./resizing.ts";
import { shapes } from "./shapes.ts";
import type { Rule } from "./site.ts";

/** Every rule by its operator's name. */
const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...activations,
    ...convolutions,
    ...elementwise,
    ...linear,
    ...normalizations,
    ...pools,
    ...reductions,
    ...resizing,
    ...shapes,
  }),
);

export function ruleFor(opType: string): Rule | undefined {
  return rules.get(opType);
}
