import { calibrationSection } from "./calibration.ts";
import { compareSection } from "./compare.ts";
import { confusionSection } from "./confusion.ts";
import { curvesSection } from "./curves.ts";
import type { ReportData } from "./data.ts";
import { doubtsSection } from "./doubts.ts";
import { exportsSection } from "./exports.ts";
import { findingsSection } from "./findings.ts";
import { headline } from "./headline.ts";
import { heatMapsSection } from "./heat-maps.ts";
import { type Html, html, trusted } from "./html.ts";
import { behindSection, mistakesSection, sampleSection } from "./mistakes.ts";
import { perClassSection } from "./per-class.ts";
import { Album } from "./pictures.ts";
import { recordSection } from "./record.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** See `renderReport`, which is there for those who may never draw one. */
export async function reportPage(data: ReportData): Promise<string> {
  const album = new Album(data);
  const parts: readonly (readonly [id: string, name: string, content: Html | undefined])[] = [
    ["compare", "Compared", compareSection(data, album)],
    ["mistakes", "Mistakes", mistakesSection(data, album)],
    ["confusion", "Confusion", confusionSection(data)],
    ["classes", "By class", perClassSection(data)],
    ["calibration", "Certainty", calibrationSection(data)],
    ["doubts", "Doubts", doubtsSection(data)],
    ["sample", "A fair look", sampleSection(data, album)],
    ["heat-maps", "Heat maps", heatMapsSection(data)],
    ["curves", "Learning", curvesSection(data)],
    ["doctor", "Data doctor", findingsSection(data, album)],
    ["behind", "Pictures", behindSection(album)],
    ["exports", "Exported", exportsSection(data)],
    ["again", "Do it again", recordSection(data)],
  ];
  const present = parts.flatMap(([id, name, content]) =>
    content === undefined ? [] : [{ id, name, content }],
  );
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${await digest(script)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Tsugiki">
<title>${data.name} · Tsugiki report</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
${album.sprites()}
${headline(data)}<nav aria-label="Contents"><ul>${present.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${present.map(({ content }) => content)}</main>
<footer>Written by Tsugiki. This page is one file, asks for nothing from anywhere, and may be passed on as it is; it holds small copies of your pictures.</footer>
<dialog aria-labelledby="dialog-title"><form method="dialog"><h2 id="dialog-title"></h2><button type="button" data-back hidden>Back</button><button autofocus>Close</button></form><div></div></dialog>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.text;
}

/** sha256 in base64, as a policy names a script. */
async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
