import { byCodePoint, toLabel } from "./names.ts";
import type { Sample } from "./sample.ts";

/** Stands between the names of a picture that has several labels at once; so no such name holds one. */
const bar = "|";

/** Whether a list's label cell says several labels at once: "red|round", "red|" (that one of several), "|" (none). */
export function isMultiLabel(text: string): boolean {
  return text.includes(bar);
}

/** The names in a label cell, each once, sorted by code point; empty ones are none: "b|a|" is a and b, "|" is []. */
export function parseLabels(text: string): readonly string[] {
  const names = text.split(bar).map((name) => toLabel(name.trim()));
  return [...new Set(names.filter((name) => name !== ""))].sort(byCodePoint);
}

/** Several labels as one text, in their order: "red|round"; none of them: "|". `parseLabels` reads it back. */
export function formatLabels(labels: readonly string[]): string {
  return labels.length === 0 ? bar : labels.join(bar);
}

/** All of a picture's labels: of single-label data the one that it has. */
export function labelsOf({ label, labels }: Pick<Sample, "label" | "labels">): readonly string[] {
  return labels ?? [label];
}
