import { count, integer } from "../core/words.ts";
import { isOfLabels } from "../evaluate/label-report.ts";
import type { Evaluation } from "../evaluate/report.ts";
import type { ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { section } from "./section.ts";
import { percent } from "./words.ts";

/** Beyond this many classes the matrix would be millions of cells; the commonest mistakes tell the story. */
const mostClasses = 120;
/** Up to so many a matrix leaves room beside it. */
const fewClasses = 7;

/** Which classes are taken for which: a table whose cells open the pictures behind them. */
export function confusionSection({ evaluation }: Pick<ReportData, "evaluation">): Html | undefined {
  if (evaluation === null || isOfLabels(evaluation)) return undefined;
  const { classes, confusion, mostConfused } = evaluation;
  const index = new Map(classes.map((name, i) => [name, i]));
  const pairs = mostConfused.map(
    ({ truth, predicted, count: times, share }) =>
      html`<tr><th scope="row">${truth}</th><td>${predicted}</td><td class="number"><a href="#cell-${index.get(truth)}-${index.get(predicted)}" data-opens="cell-${index.get(truth)}-${index.get(predicted)}">${integer(times)}</a></td><td class="number">${percent(share)}</td></tr>`,
  );
  const shown = confusion !== null && classes.length <= mostClasses;
  return section(
    "confusion",
    "What is taken for what",
    html`<p>${shown ? "Rows are what a picture is, columns what it was taken for. A cell opens its pictures." : `${count(classes.length, "class", "classes")} are too many for a matrix: these are the commonest mistakes.`}</p>
<div class="${classes.length <= fewClasses ? "matrix-beside" : ""}">${shown ? matrix(evaluation) : undefined}
${pairs.length === 0 ? html`<p>No class was taken for another.</p>` : html`<div><h3>Most often confused</h3><div class="scroll" tabindex="0" role="group" aria-label="Most often confused"><table><thead><tr><th scope="col">Is</th><th scope="col">Taken for</th><th scope="col" class="number">Times</th><th scope="col" class="number">Of its pictures</th></tr></thead><tbody>${pairs}</tbody></table></div></div>`}</div>`,
  );
}

function matrix({ classes, confusion }: Evaluation): Html {
  const rows = (confusion ?? []).map((row, truth) => {
    const support = row.reduce((sum, each) => sum + each, 0);
    const cells = row.map((times, predicted) => cell(times, support, truth, predicted, classes));
    return html`<tr><th scope="row">${support > 0 ? html`<a href="#class-${truth}" data-opens="class-${truth}">${classes[truth] ?? ""}</a>` : (classes[truth] ?? "")}</th>${cells}</tr>`;
  });
  const heads = classes.map((name) => html`<th scope="col"><span>${name}</span></th>`);
  return html`<div class="scroll matrix" tabindex="0" role="group" aria-label="Confusion matrix"><table><thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Shaded by the share of its row; hits and mistakes in colours of their own. */
function cell(
  times: number,
  support: number,
  truth: number,
  predicted: number,
  classes: readonly string[],
): Html {
  if (times === 0) return html`<td></td>`;
  const share = Math.round((100 * times) / support);
  const id = `cell-${truth}-${predicted}`;
  const label = `${count(times, "picture")} of ${classes[truth]}, taken for ${classes[predicted]}: ${share} % of its pictures`;
  return html`<td class="${truth === predicted ? "hit" : "miss"}" style="--share:${Math.max(8, share)}%"><a href="#${id}" data-opens="${id}" aria-label="${label}" title="${label}">${integer(times)}</a></td>`;
}
