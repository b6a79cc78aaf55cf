import { percentage } from "../core/words.ts";
import type { DataFinding } from "./finding.ts";

/** A class this many times smaller than the largest is told of. */
const notable = 3;

export interface ClassSize {
  readonly name: string;
  readonly pictures: number;
  /** Share of them that out-of-fold heads know, where features are at hand; NaN of none. */
  readonly recall?: number | undefined;
}

/**
 * Classes much smaller than the largest, and what that costs: where the recall is known the cost is measured, not guessed.
 */
export function imbalanceFindings(classes: readonly ClassSize[]): DataFinding[] {
  const total = classes.reduce((sum, { pictures }) => sum + pictures, 0);
  const most = Math.max(0, ...classes.map(({ pictures }) => pictures));
  const usual = median(classes.flatMap(({ recall = Number.NaN }) => (Number.isNaN(recall) ? [] : [recall])));
  return classes.flatMap(({ name, pictures, recall = Number.NaN }): DataFinding[] => {
    if (pictures * notable >= most || pictures === 0) return [];
    const cost = !Number.isNaN(recall)
      ? `${percentage(recall, 0)} of its pictures are recognised, ${percentage(usual, 0)} of the usual class's`
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
