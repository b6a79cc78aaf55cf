import type { Rule } from "../rule.ts";

/** y = x in another shape  =>  dx = dy in x's shape; none passes to the shape input */
export const Reshape: Rule = ({ op, x, dy }) => [{ emit: () => op("Reshape", [dy, op("Shape", [x[0]])]) }];
