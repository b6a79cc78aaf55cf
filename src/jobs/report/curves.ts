import type { Fields } from "../../core/json.ts";
import type { CurveStep, Curves } from "../../report/data.ts";
import { broken, fieldsOf, numberOf } from "./checks.ts";

/** The curves of a run's metrics.jsonl; lines of other kinds are left to others. Throws RecordError on a line that is no JSON. */
export function parseCurves(file: string, text: string): Curves {
  const records = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, i) => {
      try {
        return fieldsOf(JSON.parse(line));
      } catch (cause) {
        throw broken(file, `line ${i + 1} is no JSON`, cause);
      }
    });
  const epochs = records.filter(({ type }) => type === "epoch");
  return {
    solved: steps(
      records.filter(({ type }) => type === "solve"),
      "regularisation",
      "trainLoss",
    ),
    head: steps(
      epochs.filter(({ stage }) => stage === undefined),
      "epoch",
      "loss",
    ),
    base: steps(
      epochs.filter(({ stage }) => stage !== undefined),
      "epoch",
      "loss",
    ),
  };
}

function steps(records: readonly Fields[], along: string, trainLoss: string): readonly CurveStep[] {
  return records.flatMap((record) => {
    const x = numberOf(record[along]);
    if (x === undefined) return [];
    return [
      {
        x,
        trainLoss: numberOf(record[trainLoss]),
        valLoss: numberOf(record.valLoss),
        trainAccuracy: numberOf(record.accuracy),
        valAccuracy: numberOf(record.valAccuracy),
      },
    ];
  });
}
