import { bytes, decimal, integer } from "../core/words.ts";
import type { ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { section } from "./section.ts";
import { percent } from "./words.ts";

/** What the exported files say beside the trained model. */
export function exportsSection({ exports = [] }: Pick<ReportData, "exports">): Html | undefined {
  if (exports.length === 0) return undefined;
  const rows = exports.map(
    (row) =>
      html`<tr><th scope="row">${row.path}</th><td class="number">${bytes(row.bytes)}</td><td class="number">${integer(row.agreed)} of ${integer(row.pictures)}</td><td class="number">${row.largestDifference.toExponential(1)}</td><td class="number">${percent(row.accuracy)} (${percent(row.trainedAccuracy)})</td><td class="number">${decimal(row.milliseconds, 1)}</td><td>${row.runtime}</td></tr>`,
  );
  return section(
    "exports",
    "Exported files",
    html`<p>Each was run in its own runtime on the same pictures as the trained model. Accuracy in brackets is the trained model's on these; milliseconds are for one picture on one core of the machine that exported.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Exported files"><table><thead><tr><th scope="col">File</th><th scope="col" class="number">Size</th><th scope="col" class="number">Same answer</th><th scope="col" class="number">Largest difference</th><th scope="col" class="number">Accuracy</th><th scope="col" class="number">ms</th><th scope="col">Run by</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  );
}
