import type { ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { isPicture } from "./pictures.ts";
import { section } from "./section.ts";

/** Maps that are shown: each is larger than a thumbnail. */
export const mostMaps = 24;

/** What the network looked at, as overlays. */
export function heatMapsSection({ heatMaps = [] }: Pick<ReportData, "heatMaps">): Html | undefined {
  const shown = heatMaps.filter(({ picture }) => isPicture(picture)).slice(0, mostMaps);
  if (shown.length === 0) return undefined;
  return section(
    "heat-maps",
    "What it looked at",
    html`<p>Warm places spoke most for the answer. Where they lie on the background, it learnt the background.</p>
<ul class="tiles maps">${shown.map(({ file, truth, predicted, picture }) => {
      const label = `${file}: ${predicted}${truth === predicted ? "" : `, is ${truth}`}`;
      return html`<li><figure class="tile ${truth === predicted ? "right" : "wrong"}"><img src="${picture}" alt="${`Heat map of ${label}`}"><figcaption>${label}</figcaption></figure></li>`;
    })}</ul>`,
  );
}
