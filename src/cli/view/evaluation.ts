import { count, decimal, integer, percentage } from "../../core/words.ts";
import { type AnyEvaluation, type Evaluation, isOfLabels } from "../../index.ts";
import type { Colours } from "./colour.ts";
import { confusionView } from "./confusion.ts";
import { labelsView } from "./labels.ts";
import { type Column, table } from "./table.ts";

export interface Options {
  readonly colours: Colours;
  /** Columns of the terminal; left out, nothing is held to a width. */
  readonly width?: number;
}

type ClassScore = Evaluation["perClass"][number];

/** Up to this many classes each has its line; of more, only the ends of the list are shown. */
const allClasses = 30;
const ends = 10;
const barWidth = 10;

/**
 * An evaluation as text: headline, scores by class, confusion matrix (up to 20 classes), commonest mistakes; of several
 * labels at once the headline and the scores.
 */
export function evaluationView(evaluation: AnyEvaluation, options: Options): string {
  if (isOfLabels(evaluation)) return labelsView(evaluation, options);
  return [
    headline(evaluation, options.colours),
    ...classTables(evaluation, options),
    ...confusionView(evaluation, options),
    ...mistakes(evaluation, options),
  ].join("\n\n");
}

function headline(evaluation: Evaluation, colours: Colours): string {
  const { n, accuracy, interval, macro, perClass } = evaluation;
  const [low, high] = interval.map((bound) => percentage(bound));
  const right = `${integer(accuracy * n)} of ${count(n, "picture")} right`;
  const chance = Math.log(evaluation.classes.length);
  const occurring = macro.classes === 1 ? "one class that occurs" : `${macro.classes} classes that occur`;
  const averaged = macro.classes < perClass.length ? `the ${occurring}` : "the classes";
  const lines: [string, string][] = [
    ["Accuracy", `${colours.bold(percentage(accuracy))}  (${right})`],
    ["", `the true one lies between ${low} and ${high} (95 % interval)`],
    ...evaluation.topK.map(({ k, accuracy: share }): [string, string] => [`Top-${k}`, percentage(share)]),
    ["Log loss", `${decimal(evaluation.logLoss)}  (guessing evenly gives ${decimal(chance)})`],
    ["Macro F1", `${decimal(macro.f1)}  (the mean over ${averaged})`],
  ];
  return lines.map(([name, value]) => name.padEnd(10) + value).join("\n");
}

function classTables(evaluation: Evaluation, options: Options): string[] {
  const { perClass } = evaluation;
  if (perClass.length <= allClasses) return [classTable(perClass, options), ...undefinedNote(perClass)];
  // F1 means something where the class occurs in the truth or the predictions.
  const ranked = perClass
    .filter((score) => score.support + score.predicted > 0)
    .sort((a, b) => a.f1 - b.f1 || b.support - a.support);
  const [worst, best] = [ranked.slice(0, ends), ranked.slice(ends).slice(-ends).reverse()];
  const absent = perClass.length - ranked.length;
  const tables = [
    `The ${worst.length} worst of ${integer(perClass.length)} classes by F1:`,
    classTable(worst, options),
  ];
  if (best.length > 0) tables.push(`The ${best.length} best:`, classTable(best, options));
  if (absent > 0) {
    const occur = absent === 1 ? "occurs" : "occur";
    tables.push(`${count(absent, "class", "classes")} ${occur} neither in the pictures nor in the answers.`);
  }
  return [...tables, ...undefinedNote([...worst, ...best])];
}

function classTable(
  scores: readonly ClassScore[],
  { colours, width = Number.POSITIVE_INFINITY }: Options,
): string {
  const tint = (text: string, row: number): string => {
    const { f1 } = scores[row]!;
    return (f1 < 0.5 ? colours.red : f1 < 0.8 ? colours.yellow : colours.green)(text);
  };
  const columns: Column[] = [
    { title: "Class", maxWidth: Math.min(32, Math.max(8, width - 56)) },
    { title: "Pictures" },
    { title: "Precision", align: "right" },
    { title: "Recall", align: "right" },
    { title: "F1", align: "right" },
    { title: "", style: tint },
  ];
  const score = (of: ClassScore, name: "precision" | "recall" | "f1"): string =>
    of.notDefined.includes(name) ? "-" : decimal(of[name]);
  return table(
    columns,
    scores.map((of) => [
      of.name,
      of.support,
      score(of, "precision"),
      score(of, "recall"),
      score(of, "f1"),
      "#".repeat(Math.round(of.f1 * barWidth)).padEnd(barWidth, "."),
    ]),
  );
}

function undefinedNote(scores: readonly ClassScore[]): string[] {
  if (scores.every((score) => score.notDefined.length === 0)) return [];
  return ["-  nothing to divide by: no picture of the class (recall), or never an answer (precision)."];
}

function mistakes({ mostConfused }: Evaluation, { width = Number.POSITIVE_INFINITY }: Options): string[] {
  if (mostConfused.length === 0) return [];
  const maxWidth = Math.min(24, Math.max(8, Math.floor((width - 26) / 2)));
  const pairs = table(
    [
      { title: "Is", maxWidth },
      { title: "Taken for", maxWidth },
      { title: "Times" },
      { title: "Of its pictures", align: "right" },
    ],
    mostConfused.map(({ truth, predicted, count, share }) => [truth, predicted, count, percentage(share)]),
  );
  return ["Most often confused:", pairs];
}
