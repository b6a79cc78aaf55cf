import type { Predictions } from "../evaluate/predictions.ts";
import { classFindings, confusionOf } from "./class-confusion.ts";
import { type ComparedPicture, duplicateFindings } from "./duplicates.ts";
import { type DataFinding, sorted } from "./finding.ts";
import { imbalanceFindings } from "./imbalance.ts";
import type { Neighbours } from "./neighbours.ts";
import { outlierFindings } from "./outliers.ts";
import { type LookedAt, qualityFindings } from "./quality.ts";
import { strangerClasses, strangerFindings } from "./stranger-classes.ts";
import { suspectLabelFindings } from "./suspect-labels.ts";

/** A picture with all that is known of it without a network. */
export interface Examined extends LookedAt, ComparedPicture {}

export interface Circumstances {
  readonly classes: readonly string[];
  /** Whether a picture may have several labels: then labels are neither counted as classes nor suspected. */
  readonly multiLabel: boolean;
  /** The class that was declared to be none: its pictures may be unlike all others, and as few or many as they are. */
  readonly outliers?: string | undefined;
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  /** What a network's features say, row by row in the order of the pictures. */
  readonly features?: { readonly neighbours: Neighbours; readonly predictions?: Predictions };
}

/** Everything that may be wrong with pictures, sorted: numbers in, findings out, no files. */
export function findings(
  pictures: readonly Examined[],
  { classes, multiLabel, outliers, unreadable, features }: Circumstances,
): DataFinding[] {
  const found = [
    ...unreadable.map(unreadableFinding),
    ...qualityFindings(pictures),
    ...duplicateFindings(pictures, features?.neighbours.pairs),
  ];
  // A blank picture is unlike all others and has no label that would be right: it is told of once.
  const blank = new Set(found.filter(({ kind }) => kind === "blank").flatMap(({ files }) => files));
  const add = (more: readonly DataFinding[]): void => {
    found.push(...more.filter(({ files }) => !files.some((file) => blank.has(file))));
  };
  const named = multiLabel || outliers !== undefined ? [] : strangerClasses(classes);
  const strangers = new Set(outliers === undefined ? named : [outliers]);
  const ofClasses = (found: readonly DataFinding[]): DataFinding[] =>
    found.filter((one) => !one.classes.some((name) => strangers.has(name)));
  if (features) add(ofClasses(outlierFindings(pictures, features.neighbours)));
  if (multiLabel) return sorted(found);
  const predictions = features?.predictions;
  const confusion = predictions && confusionOf(predictions);
  // A suspected label is worth a look also where one side is strangers: a rose among them, or one of them among roses.
  if (predictions) add(suspectLabelFindings(pictures, predictions));
  if (confusion) found.push(...ofClasses(classFindings(confusion, classes)));
  const sizes = classes.flatMap((name, i) => {
    const own = pictures.filter(({ label }) => label === name).length;
    return strangers.has(name) ? [] : [{ name, pictures: own, recall: confusion?.recall[i] }];
  });
  return sorted([...found, ...strangerFindings(named), ...imbalanceFindings(sizes)]);
}

function unreadableFinding({
  file,
  reason,
}: {
  readonly file: string;
  readonly reason: string;
}): DataFinding {
  const action = "replace it, or leave it out";
  return { kind: "unreadable", files: [file], classes: [], reason, action, score: 1, drop: [file] };
}
