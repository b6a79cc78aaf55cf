import { assertNever } from "../../core/assert.ts";

/** How badly a class fits a row; a set holds the classes that fit well enough. */
export type SetScore =
  /** 1 - p: the smallest sets on average, though hard pictures are covered less often than easy ones. */
  | { readonly kind: "lac" }
  /** The probability of all classes before this one: larger sets, coverage more even over easy and hard pictures. */
  | { readonly kind: "aps" }
  /** As "aps", and `penalty` for every rank beyond `free`: no long tails where there are many classes. */
  | { readonly kind: "raps"; readonly penalty: number; readonly free: number };

/**
 * The scores of all classes, rows x classes, lower fitting better.
 *
 * LAC: M. Sadinle, J. Lei, L. Wasserman, JASA 114, 2019. APS: Y. Romano, M. Sesia, E. Candès, NeurIPS 2020. RAPS:
 * A. Angelopoulos et al., ICLR 2021, λ = `penalty`, k_reg = `free`. Of the latter two the random part u·p is taken at its
 * end u = 1, the mass before a class: one picture always gets one answer, no set is empty, and the threshold, found on the
 * same scores, keeps the promise. (At u = 0, the mass with the class, sure pictures get empty sets and unsure ones nearly
 * all classes: CIFAR-10's 95 % sets had 5.2 classes.) Equal probabilities rank by class index.
 */
export function setScores(probabilities: Float32Array, classes: number, score: SetScore): Float64Array {
  if (score.kind === "lac") return Float64Array.from(probabilities, (p) => 1 - p);
  const scores = new Float64Array(probabilities.length);
  for (let start = 0; start < probabilities.length; start += classes) {
    let mass = 0;
    for (const [rank, i] of ranked(probabilities, start, classes).entries()) {
      scores[start + i] = mass + tail(score, rank + 1);
      mass += probabilities[start + i]!;
    }
  }
  return scores;
}

function tail(score: Exclude<SetScore, { kind: "lac" }>, rank: number): number {
  switch (score.kind) {
    case "aps":
      return 0;
    case "raps":
      return score.penalty * Math.max(0, rank - score.free);
    default:
      return assertNever(score);
  }
}

/** The classes of a row, most probable first. */
export function ranked(probabilities: Float32Array, start: number, classes: number): Int32Array {
  const order = Int32Array.from({ length: classes }, (_, i) => i);
  return order.sort((a, b) => probabilities[start + b]! - probabilities[start + a]! || a - b);
}
