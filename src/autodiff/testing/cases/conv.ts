import type * as rules from "../../rules/conv.ts";
import type { GradientCase } from "../gradient-case.ts";

export const conv: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {};
