/**
 * τ_b = (C - D)/√((P - T_x)·(P - T_y)) over all P pairs: C in the same order, D in the opposite one, T tied
 *
 * Whether two lists rank things alike, such as a score of backbones and the accuracy they then reached (M. G. Kendall,
 * Biometrika 33, 1945, the form with ties): 1 the same order, 0 none, -1 the reverse; null where a list is all ties or
 * has fewer than two entries. Compares each pair, n²/2 of them: meant for tens of things, not millions.
 */
export function kendall(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  let [balance, untiedX, untiedY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
      balance += dx * dy;
      untiedX += Math.abs(dx);
      untiedY += Math.abs(dy);
    }
  }
  return untiedX === 0 || untiedY === 0 ? null : balance / Math.sqrt(untiedX * untiedY);
}
