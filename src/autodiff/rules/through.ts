import type { Gradient, Site } from "../rule.ts";

/** The gradients of an operator with one input that a gradient passes, in the input's own shape. */
export const through = (emit: () => string): readonly Gradient[] => [{ emit }];

/** dy·factor */
export const times = (site: Site, factor: string): string => site.op("Mul", [site.dy, factor]);
