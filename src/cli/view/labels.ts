import { count, decimal, integer, percentage } from "../../core/words.ts";
import type { LabelEvaluation } from "../../index.ts";
import type { Options } from "./evaluation.ts";
import { type Column, table } from "./table.ts";

type LabelScore = LabelEvaluation["perClass"][number];

/** Up to this many labels each has its line; of more, only the ends of the list are shown. */
const allLabels = 30;
const ends = 10;
const barWidth = 10;

/** An evaluation of several labels at once as text: the headline, then the labels with their average precision. */
export function labelsView(evaluation: LabelEvaluation, options: Options): string {
  return [headline(evaluation, options), ...labelTables(evaluation, options)].join("\n\n");
}

function headline(evaluation: LabelEvaluation, { colours }: Options): string {
  const { n, accuracy, interval, meanAveragePrecision: map, microF1, macro, perClass, logLoss } = evaluation;
  const occurring = perClass.filter((score) => score.averagePrecision !== null).length;
  const over = occurring < perClass.length ? `${integer(occurring)} labels that occur` : "labels";
  const averaged = macro.classes < perClass.length ? "labels that occur" : "labels";
  const [low, high] = interval.map((bound) => percentage(bound));
  const lines: [string, string][] = [
    ["mAP", map === null ? "-" : `${colours.bold(decimal(map))}  (mean average precision over the ${over})`],
    [
      "All right",
      `${percentage(accuracy)}  (no label missing or too many: ${integer(accuracy * n)} of ${count(n, "picture")})`,
    ],
    ["", `the true share lies between ${low} and ${high} (95 % interval)`],
    ["Micro F1", `${decimal(microF1)}  (every label of every picture alike)`],
    ["Macro F1", `${decimal(macro.f1)}  (the mean over the ${averaged})`],
    ["Log loss", `${decimal(logLoss)}  (a label; guessing evenly gives ${decimal(Math.LN2)})`],
  ];
  return lines.map(([name, value]) => name.padEnd(10) + value).join("\n");
}

function labelTables({ perClass }: LabelEvaluation, options: Options): string[] {
  if (perClass.length <= allLabels) return [labelTable(perClass, options), ...notes(perClass)];
  const ranked = perClass
    .filter((score) => score.averagePrecision !== null)
    .sort((a, b) => (a.averagePrecision ?? 0) - (b.averagePrecision ?? 0) || b.support - a.support);
  const [worst, best] = [ranked.slice(0, ends), ranked.slice(ends).slice(-ends).reverse()];
  const absent = perClass.length - ranked.length;
  const tables = [
    `The ${worst.length} worst of ${integer(perClass.length)} labels by average precision:`,
    labelTable(worst, options),
  ];
  if (best.length > 0) tables.push(`The ${best.length} best:`, labelTable(best, options));
  if (absent > 0) tables.push(`${count(absent, "label")} that no picture has.`);
  return [...tables, ...notes([...worst, ...best])];
}

function labelTable(
  scores: readonly LabelScore[],
  { colours, width = Number.POSITIVE_INFINITY }: Options,
): string {
  const of = (score: LabelScore): number => score.averagePrecision ?? 0;
  const tint = (text: string, row: number): string => {
    const value = of(scores[row]!);
    return (value < 0.5 ? colours.red : value < 0.8 ? colours.yellow : colours.green)(text);
  };
  const columns: Column[] = [
    { title: "Label", maxWidth: Math.min(32, Math.max(8, width - 63)) },
    { title: "Pictures" },
    { title: "AP", align: "right" },
    { title: "Precision", align: "right" },
    { title: "Recall", align: "right" },
    { title: "F1", align: "right" },
    { title: "", style: tint },
  ];
  const score = (label: LabelScore, name: "precision" | "recall" | "f1"): string =>
    label.notDefined.includes(name) ? "-" : decimal(label[name]);
  return table(
    columns,
    scores.map((label) => [
      label.name,
      label.support,
      label.averagePrecision === null ? "-" : decimal(label.averagePrecision),
      score(label, "precision"),
      score(label, "recall"),
      score(label, "f1"),
      "#".repeat(Math.round(of(label) * barWidth)).padEnd(barWidth, "."),
    ]),
  );
}

function notes(scores: readonly LabelScore[]): string[] {
  const threshold = "AP counts every threshold; precision, recall and F1 are those at 0.5.";
  if (scores.every((score) => score.notDefined.length === 0)) return [threshold];
  const missing =
    "-  nothing to divide by: no picture has the label (AP, recall), or it was never answered (precision).";
  return [`${threshold}\n${missing}`];
}
