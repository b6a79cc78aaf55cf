import { count } from "../core/words.ts";
import type { Fact, ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { facts, section } from "./section.ts";

/** All that is needed to do it again, and under which terms the base stands. */
export function recordSection(data: ReportData): Html {
  const licences: Fact[] = data.bases.map(({ name, licence }) => [
    `Licence of ${name}`,
    licence ?? "not known: ask where the model came from before you pass the classifier on",
  ]);
  return section(
    "again",
    "Do it again",
    html`<pre class="command" tabindex="0"><code>${data.command}</code></pre>
${facts(licences)}
<details><summary>Every option</summary>${facts(data.options)}</details>
<details><summary>Versions and fingerprints</summary>${facts(data.versions)}</details>
${
  data.lost.length === 0
    ? undefined
    : html`<p class="quiet">${count(data.lost.length, "picture")} could not be found again, or changed since, and ${data.lost.length === 1 ? "is" : "are"} shown by name: ${data.lost.slice(0, 5).join(", ")}${data.lost.length > 5 ? ", …" : ""}</p>`
}`,
  );
}
