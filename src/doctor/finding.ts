import type { Part } from "../data/sample.ts";

/** What can be wrong with data, the gravest first: lists are printed in this order. */
export const findingKinds = [
  "unreadable",
  "blank",
  "duplicate-across-parts",
  "duplicate-across-classes",
  "suspect-label",
  "not-a-class",
  "alike-classes",
  "outlier",
  "duplicate",
  "tiny",
  "dark",
  "blurred",
  "imbalance",
] as const;

export type FindingKind = (typeof findingKinds)[number];

/** One thing that is, or may be, wrong with some pictures. */
export interface DataFinding {
  readonly kind: FindingKind;
  /** The pictures it is about; for findings about whole classes none. */
  readonly files: readonly string[];
  /** The classes it is about. */
  readonly classes: readonly string[];
  readonly reason: string;
  readonly action: string;
  /** How sure or how grave, the higher the more, within its kind only. */
  readonly score: number;
  /** Those of the files that the action leaves out of a cleaned list; empty where nothing should go by itself. */
  readonly drop: readonly string[];
}

/** A picture as the doctor's checks see it. */
export interface DoctorPicture {
  readonly file: string;
  readonly label: string;
  readonly part?: Part | undefined;
  /** Shorter and longer side as stored, in pixels. */
  readonly sides: readonly [number, number];
}

/** Findings by kind in the order of the table, the highest scores first. */
export function sorted(findings: readonly DataFinding[]): DataFinding[] {
  const rank = (kind: FindingKind): number => findingKinds.indexOf(kind);
  return [...findings].sort((a, b) => rank(a.kind) - rank(b.kind) || b.score - a.score);
}
