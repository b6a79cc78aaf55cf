import type * as rules from "../../rules/normalization.ts";
import type { GradientCase } from "../gradient-case.ts";

export const normalization: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {};
