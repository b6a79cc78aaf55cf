import { percentage } from "../core/words.ts";

/** A share as a percentage that no line break tears apart. */
export function percent(share: number, digits = 0): string {
  return percentage(share, digits).replace(" ", "\u202f");
}

/** A difference of shares in points, its sign told: "+2.1", "−0.4", "0.0". */
export function points(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(1);
  return text === "0.0" ? text : `${difference < 0 ? "\u2212" : "+"}${text}`;
}

/** A probability as papers print it. */
export function pValue(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}
