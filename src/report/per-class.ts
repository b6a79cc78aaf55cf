import { integer } from "../core/words.ts";
import { isOfLabels } from "../evaluate/label-report.ts";
import type { ClassScore } from "../evaluate/per-class.ts";
import { wilson } from "../evaluate/wilson.ts";
import { classChart } from "../plot/class-chart.ts";
import type { ReportData } from "./data.ts";
import { type Html, html, trusted } from "./html.ts";
import { section } from "./section.ts";
import { percent } from "./words.ts";

/** A chart with more bars is no longer looked at. */
const mostBars = 40;

/** How well each class is found, as bars with intervals and as a table. */
export function perClassSection({ evaluation }: Pick<ReportData, "evaluation">): Html | undefined {
  if (evaluation === null) return undefined;
  const several = isOfLabels(evaluation);
  const precisionOf = new Map<ClassScore, number | null>(
    several ? evaluation.perClass.map((score) => [score, score.averagePrecision]) : [],
  );
  const scores: readonly ClassScore[] = evaluation.perClass;
  const seen = scores.filter(({ support }) => support > 0);
  const worst = [...seen].sort((a, b) => a.recall - b.recall).slice(0, mostBars);
  const chart =
    worst.length === 0
      ? undefined
      : classChart({
          heading: several ? "Found, by label" : "Found, by class",
          note: `${worst.length < seen.length ? `the ${mostBars} worst; ` : ""}line: 95 % interval; right: pictures`,
          label: "Share of its pictures that were found",
          bars: worst.map(({ name, recall, support }) => ({
            name,
            share: recall,
            interval: wilson(Math.round(recall * support), support),
            pictures: support,
          })),
        });
  const rows = scores.map((score, i) => {
    const { name, support, precision, recall, f1 } = score;
    const average = precisionOf.get(score);
    const title =
      several || support === 0 ? name : html`<a href="#class-${i}" data-opens="class-${i}">${name}</a>`;
    return html`<tr><th scope="row">${title}</th><td class="number">${integer(support)}</td>${bar(score, "precision", precision)}${bar(score, "recall", recall)}${bar(score, "f1", f1)}${several ? html`<td class="number">${average === null || average === undefined ? "–" : percent(average)}</td>` : undefined}</tr>`;
  });
  return section(
    "classes",
    several ? "By label" : "By class",
    html`<p>Precision: of those called so, how many are. Recall: of those that are, how many were found. F1 is the harmonic mean of both.</p>
<div class="beside">${chart === undefined ? undefined : html`<div class="charts">${trusted(chart)}</div>`}
<div class="scroll" tabindex="0" role="group" aria-label="Figures by ${several ? "label" : "class"}"><table><thead><tr><th scope="col">${several ? "Label" : "Class"}</th><th scope="col" class="number">Pictures</th><th scope="col">Precision</th><th scope="col">Recall</th><th scope="col">F1</th>${several ? html`<th scope="col" class="number">Average precision</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div></div>`,
  );
}

function bar({ notDefined }: ClassScore, name: "precision" | "recall" | "f1", value: number): Html {
  if (notDefined.includes(name)) return html`<td class="bar">–</td>`;
  return html`<td class="bar"><span>${percent(value)}</span><i style="width:${Math.round(100 * value)}%"></i></td>`;
}
