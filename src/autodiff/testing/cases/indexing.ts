import type * as rules from "../../rules/indexing.ts";
import type { GradientCase } from "../gradient-case.ts";

export const indexing: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {};
