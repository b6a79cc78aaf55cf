/** Probabilities of the same pictures by the trained model and by an export, [n, classes] each. */
export interface ParityData {
  readonly trained: Float32Array;
  readonly exported: Float32Array;
  readonly classes: number;
  /** Whether each probability stands by itself, several labels being possible. */
  readonly multiLabel?: boolean;
}

/** How far an export says what the trained model says. */
export interface Parity {
  readonly pictures: number;
  /** Pictures with the same answer: the most probable class, or, of several labels, the same labels. */
  readonly agreed: number;
  /** `agreed / pictures`. */
  readonly agreement: number;
  /** The largest difference of two probabilities; NaN where the export answered no number. */
  readonly largestDifference: number;
}

/** From this probability on a label counts as given. */
const given = 0.5;

/** Compares row by row. Ties go to the first class, in both alike; an answer that is no number agrees with nothing. */
export function parityOf({ trained, exported, classes, multiLabel = false }: ParityData): Parity {
  const pictures = trained.length / classes;
  let [agreed, largestDifference] = [0, 0];
  for (let row = 0; row < pictures; row++) {
    const [own, other] = [trained, exported].map((all) => all.subarray(row * classes, (row + 1) * classes));
    const sound = other!.length === classes && other!.every((value) => Number.isFinite(value));
    if (sound && answerOf(own!, multiLabel) === answerOf(other!, multiLabel)) agreed++;
    for (let c = 0; c < classes; c++)
      largestDifference = Math.max(largestDifference, Math.abs(own![c]! - (other![c] ?? Number.NaN)));
  }
  return { pictures, agreed, agreement: agreed / pictures, largestDifference };
}

function answerOf(probabilities: Float32Array, multiLabel: boolean): string {
  if (multiLabel)
    return probabilities.reduce((text, value, c) => (value >= given ? `${text}${c},` : text), "");
  let best = 0;
  for (const [c, value] of probabilities.entries()) if (value > probabilities[best]!) best = c;
  return String(best);
}
