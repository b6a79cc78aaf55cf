import { convolutions } from "./convolutions.ts";
import { elementwise } from "./elementwise.ts";
import { linear } from "./linear.ts";
import { pools } from "./pools.ts";
import { normalisations, reductions, sums } from "./reductions.ts";
import { resizes } from "./resizes.ts";
import { shapes } from "./shapes.ts";
import type { Case } from "./sketch.ts";

/** One row a rule and a way of using it. */
export const cases: readonly Case[] = [
  ...convolutions,
  ...pools,
  ...linear,
  ...elementwise,
  ...reductions,
  ...sums,
  ...normalisations,
  ...shapes,
  ...resizes,
];
