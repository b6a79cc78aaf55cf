import { count, integer } from "../core/words.ts";
import { isOfLabels } from "../evaluate/label-report.ts";
import type { ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { percent } from "./words.ts";

/** The headline figure, its interval, and what they mean in plain words. */
export function headline(data: ReportData): Html {
  const { name, evaluation, part, pictures, bases } = data;
  const base = bases.map((each) => each.name).join(" + ");
  const about = html`<p class="quiet">${count(pictures.train, "picture")} to train, ${integer(pictures.val)} to validate, ${integer(pictures.test)} to test · base: ${base} · ${day(data.date)}</p>`;
  if (evaluation === null) {
    return html`<header><p class="eyebrow">Tsugiki report</p><h1>${name}</h1><p class="lead">Nothing was held back, so nothing could be measured: how good this classifier is, nobody knows.</p>${about}</header>
`;
  }
  const { interval, n, accuracy } = evaluation;
  const several = isOfLabels(evaluation);
  const map = several ? evaluation.meanAveragePrecision : null;
  const figure = map ?? accuracy;
  const what =
    map === null ? (several ? "pictures with every label right" : "right") : "mean average precision";
  const range = html`<span class="range">${percent(interval[0], 1)} to ${percent(interval[1], 1)}</span>`;
  // At 100 % half of the mark would reach beyond the bar, and with it beyond a narrow page.
  const bar = html`<div class="scale" aria-hidden="true"><i style="left:${(100 * interval[0]).toFixed(2)}%;width:${(100 * (interval[1] - interval[0])).toFixed(2)}%"></i><b style="left:min(${(100 * accuracy).toFixed(2)}%,100% - 1px)"></b></div>`;
  const others = several
    ? [
        [
          "Every label right",
          percent(accuracy, 1),
          `95 % interval ${percent(interval[0])} to ${percent(interval[1])}`,
        ],
        ["F1 over all labels", percent(evaluation.microF1, 1), "at a threshold of 0.5"],
        ["F1 by label", percent(evaluation.macro.f1, 1), "the labels' mean"],
      ]
    : [
        ...evaluation.topK
          .slice(0, 1)
          .map((each) => [`Top ${each.k}`, percent(each.accuracy, 1), "the truth among them"]),
        ["F1 by class", percent(evaluation.macro.f1, 1), "the classes' mean"],
        ["Log loss", evaluation.logLoss.toFixed(3), "0 is best"],
      ];
  const raw =
    data.raw === undefined ? [] : [["Without a base", percent(data.raw, 1), "the same head on bare pixels"]];
  return html`<header><p class="eyebrow">Tsugiki report</p><h1>${name}</h1>
<div class="hero"><p class="figure"><strong>${percent(figure, 1)}</strong> <span>${what}</span></p>
<div><p class="lead">${headlineSentence(data)}</p>${several ? undefined : html`${bar}<p class="quiet">95 % interval: ${range}, on ${count(n, "picture")}${part === "val" ? " of the validation part" : ""}</p>`}</div></div>
<dl class="stats">${[...others, ...raw].map(([term, value, note]) => html`<div><dt>${term}</dt><dd>${value}</dd><dd class="quiet">${note}</dd></div>`)}</dl>
${about}</header>
`;
}

/** "Of 100 new pictures like these, about 91 will be right; with 250 tested, between 87 and 94." */
export function headlineSentence({ evaluation, part }: Pick<ReportData, "evaluation" | "part">): string {
  if (evaluation === null) return "";
  const { accuracy, interval, n } = evaluation;
  const [low, high] = [Math.floor(100 * interval[0]), Math.ceil(100 * interval[1])];
  const about = Math.round(100 * accuracy);
  const all = isOfLabels(evaluation) ? "have every label right" : "be right";
  const expected = `Of 100 new pictures like these, about ${about} will ${all}; with ${integer(n)} tested, between ${low} and ${high}.`;
  return part === "val"
    ? `${expected} These pictures were also used to choose, so this flatters a little.`
    : expected;
}

/** The day of an ISO date, or the text as it is. */
function day(date: string): string {
  return /^\d{4}-\d{2}-\d{2}/.exec(date)?.[0] ?? date;
}
