import { percentage } from "../core/words.ts";
import type { Part } from "../data/sample.ts";

/** Shares of right answers on one part; of several labels at once, mean average precisions. */
export interface Compared {
  readonly part: Part;
  /** Default false. */
  readonly multiLabel?: boolean;
  /** Of the model that training ends with. */
  readonly grafted: number;
  /** Of the same head on the base's features before it was trained; undefined where the base was not. */
  readonly frozen: number | undefined;
  /** Of the same head on 8 x 8 pixels and colours. */
  readonly raw: number | undefined;
  /** Whether the base's weights were drawn anew: then `frozen` says what pretraining was worth. Default false. */
  readonly fromScratch?: boolean;
}

/** What is said where a base did not help, or training it did harm: with both figures, in plain words. */
export function transferWarnings(compared: Compared): readonly string[] {
  const { part, multiLabel = false, fromScratch = false, grafted, frozen, raw } = compared;
  const warnings: string[] = [];
  if (fromScratch && frozen !== undefined) {
    warnings.push(
      `What pretraining was worth, on the ${part} pictures: ${percentage(grafted)} from scratch, ${percentage(frozen)} with the ` +
        `same head on the pretrained base's frozen features${multiLabel ? " (mean average precision)" : ""}.`,
    );
  } else if (raw !== undefined && grafted <= raw) {
    const words = multiLabel
      ? `the grafted model's mean average precision on the ${part} pictures is ${percentage(grafted)}, that of the same head `
      : `the grafted model is right on ${percentage(grafted)} of the ${part} pictures, the same head `;
    const without = multiLabel
      ? `without any base, on 8 x 8 pixels and colours, ${percentage(raw)}. `
      : `without any base, on 8 x 8 pixels and colours, on ${percentage(raw)}. `;
    warnings.push(
      `Negative transfer: ${words}${without}This base brings nothing here: check how its ` +
        "pictures are normalised (--preprocess), try a larger --size, or another base.",
    );
  }
  if (!fromScratch && frozen !== undefined && grafted < frozen) {
    const words = multiLabel
      ? `a mean average precision of ${percentage(grafted)} on the ${part} pictures, `
      : `${percentage(grafted)} of the ${part} pictures right, `;
    warnings.push(
      `Training the base did harm: ${words}${percentage(frozen)} with the head ` +
        "on the frozen features. Train with --strategy features, a lower --learning-rate, or fewer blocks (--unfreeze 0.2).",
    );
  }
  return warnings;
}

/**
 * The part that the comparison is made on. It says what to try next, and whoever follows it chooses by that part: the
 * test part stays out of it while there is another.
 */
export function comparedPart(present: Readonly<Partial<Record<Part, unknown>>>): "test" | "val" | undefined {
  if (present.val !== undefined) return "val";
  return present.test === undefined ? undefined : "test";
}
