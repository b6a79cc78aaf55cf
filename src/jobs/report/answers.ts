import { parse } from "csv-parse/sync";
import { reason } from "../../core/errors.ts";
import { parseLabels } from "../../data/labels.ts";
import { type AnyEvaluation, evaluateLabels } from "../../evaluate/label-report.ts";
import { labelThreshold } from "../../evaluate/per-label.ts";
import { evaluatePredictions } from "../../evaluate/report.ts";
import type { ReportAnswer } from "../../report/data.ts";
import { broken } from "./checks.ts";
import type { RunRecord } from "./record.ts";

/** A run's answers to the pictures behind its headline, and the figures that follow from them. */
export interface Answers {
  readonly answers: readonly ReportAnswer[];
  readonly evaluation: AnyEvaluation;
}

/** Classes told of each picture. */
const topClasses = 3;

/** Reads predictions.csv. Throws RecordError where it is not one of this run's classes, EvaluationError without rows. */
export function parseAnswers(file: string, text: string, { classes, multiLabel }: RunRecord): Answers {
  const [header = [], ...rows] = tableOf(file, text);
  const fixed = ["file", "label", "predicted", ...(multiLabel ? [] : ["probability"]), "correct"];
  const expected = [...fixed, ...classes.map((name) => `p(${name})`)];
  if (header.length !== expected.length || header.some((name, i) => name !== expected[i]))
    throw broken(file, "its columns are not those of the run's classes");
  const probabilities = new Float32Array(rows.length * classes.length);
  const named = rows.map((row, i) => {
    if (row.length !== expected.length) throw broken(file, `row ${i + 1} has ${row.length} cells`);
    for (const [column, cell] of row.slice(fixed.length).entries()) {
      const value = cell === "" ? Number.NaN : Number(cell);
      if (!(value >= 0 && value <= 1.001))
        throw broken(file, `row ${i + 1} holds ${JSON.stringify(cell)} as a probability`);
      probabilities[i * classes.length + column] = Math.min(1, value);
    }
    return {
      file: fileOf(row[0] ?? ""),
      label: row[1] ?? "",
      own: probabilities.subarray(i * classes.length, (i + 1) * classes.length),
    };
  });
  const index = new Map(classes.map((name, i) => [name, i]));
  const indexOf = (name: string, row: number): number => {
    const found = index.get(name) ?? index.get(name.replace(/^'/, ""));
    if (found === undefined)
      throw broken(file, `row ${row + 1} has a label that the run does not know: ${JSON.stringify(name)}`);
    return found;
  };
  if (!multiLabel) {
    const labels = Int32Array.from(named, ({ label }, row) => indexOf(label, row));
    const evaluation = evaluatePredictions({ probabilities, labels, classes });
    return {
      evaluation,
      answers: named.map(({ file: id, own }, row) => single(id, own, labels[row]!, classes)),
    };
  }
  const targets = new Float32Array(probabilities.length);
  for (const [row, { label }] of named.entries())
    for (const name of parseLabels(label.replace(/^'/, "")))
      targets[row * classes.length + indexOf(name, row)] = 1;
  const evaluation = evaluateLabels({ probabilities, targets, classes });
  const answers = named.map(({ file: id, own }, row) =>
    several(id, own, targets.subarray(row * classes.length, (row + 1) * classes.length), classes),
  );
  return { evaluation, answers };
}

function tableOf(file: string, text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { relax_column_count: true, record_delimiter: "\n" });
  } catch (cause) {
    throw broken(file, reason(cause), cause);
  }
}

/** A file's name as the data has it: one that began like a formula was written behind "./". */
function fileOf(cell: string): string {
  return cell.replace(/^\.\//, "");
}

function single(file: string, own: Float32Array, label: number, classes: readonly string[]): ReportAnswer {
  const top = topOf(own, classes);
  const predicted = own.indexOf(Math.max(...own));
  return {
    file,
    truth: classes[label]!,
    predicted: classes[predicted]!,
    right: predicted === label,
    certainty: own[predicted]!,
    top,
  };
}

function several(
  file: string,
  own: Float32Array,
  targets: Float32Array,
  classes: readonly string[],
): ReportAnswer {
  // How far each label's probability lies on the side of its verdict.
  const sure = Array.from(own, (p) => (p >= labelThreshold ? p : 1 - p));
  const wrong = sure.filter((_, i) => own[i]! >= labelThreshold !== (targets[i] === 1));
  const names = (has: (i: number) => boolean): string =>
    classes.filter((_, i) => has(i)).join(", ") || "none";
  return {
    file,
    truth: names((i) => targets[i] === 1),
    predicted: names((i) => own[i]! >= labelThreshold),
    right: wrong.length === 0,
    certainty: wrong.length === 0 ? Math.min(...sure) : Math.max(...wrong),
    top: topOf(own, classes),
  };
}

function topOf(own: Float32Array, classes: readonly string[]): ReportAnswer["top"] {
  const best = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
  return best.slice(0, topClasses).map((i) => [classes[i]!, Number(own[i]!.toPrecision(6))] as const);
}
