import { percentage } from "../core/words.ts";
import type { DataFinding } from "./finding.ts";

/** A class this many times smaller than the largest is told of. */
const notable = 3;

export interface ClassSize {
  readonly name: string;
  readonly pictures: number;
}

/**
 * Classes much smaller than the largest, and what that costs. `recall` is the share of each class's pictures that
 * out-of-fold heads know, where features are at hand: the cost measured, not guessed.
 */
export function imbalanceFindings(classes: readonly ClassSize[], recall?: ArrayLike<number>): DataFinding[] {
  const total = classes.reduce((sum, { pictures }) => sum + pictures, 0);
  const most = Math.max(0, ...classes.map(({ pictures }) => pictures));
  const usual = recall && median(Array.from(recall).filter((value) => !Number.isNaN(value)));
  return classes.flatMap(({ name, pictures }, i): DataFinding[] => {
    if (pictures * notable >= most || pictures === 0) return [];
    const own = recall?.[i];
    const cost =
      own !== undefined && usual !== undefined && !Number.isNaN(own)
        ? `${percentage(own, 0)} of its pictures are recognised, ${percentage(usual, 0)} of the usual class's`
        : `a model that never says ${name} is wrong on ${percentage(pictures / total, 0)} of the pictures only`;
    return [
      {
        kind: "imbalance",
        files: [],
        classes: [name],
        reason: `${name} has ${pictures} pictures, the largest class ${most}: ${cost}`,
        action: "add pictures, or train with --class-weights balanced",
        score: most / pictures,
        drop: [],
      },
    ];
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
