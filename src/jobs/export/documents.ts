import { type ClassifierRecord, labelLines } from "../../export/classifier.ts";
import { type CardFacts, modelCard } from "../../export/documents/model-card.ts";
import type { ReadRun } from "../report/compare.ts";
import { version } from "../version-node.ts";
import type { Files } from "./formats.ts";

/** What travels with every classifier that leaves: its labels and its model card, of files that were compared or of none. */
export function documentsOf(
  name: string,
  record: ClassifierRecord,
  run: ReadRun,
  { exports, compared }: Pick<CardFacts, "exports" | "compared"> = { exports: [], compared: 0 },
): Files {
  const data = { pictures: run.record.hashes.size, fingerprint: run.record.fingerprint };
  const card = modelCard({ name, record, accuracy: figureOf(run), data, exports, compared, version });
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return new Map([
    ["labels.txt", text(`${labelLines(record.labels)}\n`)],
    ["README.md", text(card)],
  ]);
}

/** What a run recorded of how good its classifier is, for the model card. */
function figureOf({ measured, record }: ReadRun): CardFacts["accuracy"] {
  if (measured === null || record.part === null) return null;
  const { accuracy, interval, n } = measured.evaluation;
  return { value: accuracy, interval, n, part: record.part };
}
