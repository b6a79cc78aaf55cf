/** A whole number with thousands separators: 15,250. */
export function integer(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 picture", "1,024 pictures", "2 classes" where `several` is given. */
export function count(value: number, one: string, several = `${one}s`): string {
  return `${integer(value)} ${value === 1 ? one : several}`;
}

/** A share as a percentage; only a whole is 100 % and only nothing is 0 %, whatever rounding would say. */
export function percent(share: number, digits = 0): string {
  const step = 10 ** -digits;
  const rounded = Number((share * 100).toFixed(digits));
  const honest = share < 1 && rounded >= 100 ? 100 - step : share > 0 && rounded === 0 ? step : rounded;
  return `${honest.toFixed(digits)}\u202f%`;
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
