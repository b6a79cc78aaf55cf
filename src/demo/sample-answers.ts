import { derivedOrder } from "../core/random.ts";
import type { Answer } from "./grid-sharp.ts";

/**
 * Some answers, drawn by the seed, with mistakes in their true share (rounded, but at least one where there is any), in
 * the drawn order; all of them where there are no more.
 */
export function sampleAnswers(answers: readonly Answer[], count: number, seed: number): readonly Answer[] {
  const drawn = Array.from(derivedOrder(answers.length, seed, 0), (i) => answers[i]!);
  if (answers.length <= count) return drawn;
  const wrong = drawn.filter(({ predicted, label }) => predicted !== label);
  const share = Math.round((count * wrong.length) / drawn.length);
  const kept = new Set(wrong.slice(0, Math.max(share, Math.min(1, wrong.length))));
  let room = count - kept.size;
  return drawn.filter((answer) => kept.has(answer) || (answer.predicted === answer.label && room-- > 0));
}
