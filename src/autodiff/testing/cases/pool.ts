import type * as rules from "../../rules/pool.ts";
import type { GradientCase } from "../gradient-case.ts";

export const pool: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {};
