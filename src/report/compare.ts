import { count, integer } from "../core/words.ts";
import type { ReportAnswer, ReportComparison, ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import type { Album } from "./pictures.ts";
import { section } from "./section.ts";
import { percent, points, pValue } from "./words.ts";

/** Tiles that changed sides, of each direction. */
const perSide = 24;

/** This run beside others, on the pictures that both were measured on. */
export function compareSection({ comparisons, name, answers }: ReportData, album: Album): Html | undefined {
  if (comparisons.length === 0) return undefined;
  return section(
    "compare",
    "Beside other runs",
    html`${comparisons.map((each, i) => one(each, i, name, answers, album))}`,
  );
}

function one(
  { name, shared, onlyHere, onlyThere, paired, theirs, options }: ReportComparison,
  place: number,
  own: string,
  answers: readonly ReportAnswer[],
  album: Album,
): Html {
  const title = html`<h3 id="compare-${place}">${own} against ${name}</h3>`;
  if (paired === null)
    return html`${title}<p>They were measured on different pictures: nothing can be compared.</p>`;
  const here = new Map(answers.map((answer) => [answer.file, answer]));
  // Those of the other run that were wrong and are right here: by this run's answers.
  const changed = [...theirs.keys()].flatMap((file) => here.get(file) ?? []);
  const gained = changed.filter(({ right }) => right);
  const lost = changed.filter(({ right }) => !right);
  const { difference, interval, pValue: p } = paired;
  const some =
    onlyHere + onlyThere > 0 ? `; ${integer(onlyHere)} only here, ${integer(onlyThere)} only there` : "";
  const rates = `${percent((paired.bothRight + paired.gained.length) / paired.n, 1)} against ${percent((paired.bothRight + paired.lost.length) / paired.n, 1)}`;
  return html`${title}
<p class="lead">${comparisonSentence(paired, own, name)}</p>
<p>${rates} on ${count(shared, "shared picture")}${some}. Difference ${points(difference)} points, 95 % interval ${points(interval[0])} to ${points(interval[1])}, McNemar ${pValue(p)}.</p>
<div class="sides">${side(`Right here, wrong in ${name}`, gained, album)}${side(`Wrong here, right in ${name}`, lost, album)}</div>
${options.length === 0 ? html`<p>Their options are the same.</p>` : html`<details open><summary>Options that differ <span class="n">${integer(options.length)}</span></summary><div class="scroll" tabindex="0" role="group" aria-label="Options that differ"><table><thead><tr><th scope="col">Option</th><th scope="col">${own}</th><th scope="col">${name}</th></tr></thead><tbody>${options.map((row) => html`<tr><th scope="row">${row.name}</th><td>${row.ours || "–"}</td><td>${row.theirs || "–"}</td></tr>`)}</tbody></table></div></details>`}`;
}

function side(title: string, answers: readonly ReportAnswer[], album: Album): Html {
  const rest = answers.length - perSide;
  return html`<div><h4>${title} <span class="n">${integer(answers.length)}</span></h4>${answers.length === 0 ? html`<p class="quiet">none</p>` : album.tiles(answers.slice(0, perSide))}${rest > 0 ? html`<p class="quiet">and ${integer(rest)} more</p>` : undefined}</div>`;
}

/** What a difference is worth, in plain words. */
export function comparisonSentence(
  { difference, interval, gained, lost }: NonNullable<ReportComparison["paired"]>,
  own: string,
  other: string,
): string {
  if (gained.length + lost.length === 0) return `${own} and ${other} are right on the very same pictures.`;
  const isClear = interval[0] > 0 || interval[1] < 0;
  if (!isClear) return `No telling which of ${own} and ${other} is better: the difference may be chance.`;
  return difference > 0 ? `${own} is better than ${other}.` : `${own} is worse than ${other}.`;
}
