import type * as rules from "../../rules/resample.ts";
import type { GradientCase } from "../gradient-case.ts";

export const resample: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {};
