import { groupBy } from "../core/group-by.ts";
import { count, integer } from "../core/words.ts";
import type { Finding, ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import type { Album } from "./pictures.ts";
import { section } from "./section.ts";

/** Rows of one kind that are written out; the rest is in the doctor's own file. */
const perKind = 12;
const perRow = 6;

/** What the data doctor found, by kind. */
export function findingsSection({ findings }: Pick<ReportData, "findings">, album: Album): Html | undefined {
  if (findings === undefined) return undefined;
  const kinds = groupBy(findings, ({ kind }) => kind);
  const lists = [...kinds].map(([kind, rows]) => {
    const shown = rows.slice(0, perKind);
    const rest = rows.length - shown.length;
    return html`<details><summary>${kind} <span class="n">${integer(rows.length)}</span></summary><ul class="findings">${shown.map((row) => finding(row, album))}</ul>${rest > 0 ? html`<p class="quiet">and ${integer(rest)} more</p>` : undefined}</details>`;
  });
  return section(
    "doctor",
    "What the data doctor found",
    findings.length === 0
      ? html`<p>Nothing to report.</p>`
      : html`<p>${count(findings.length, "finding")}: each a reason to look, not a verdict.</p>${lists}`,
  );
}

/** Whose pictures the section shows where they are at hand. */
export function filesOfFindings(findings: readonly Finding[]): readonly string[] {
  const rows = [...groupBy(findings, ({ kind }) => kind).values()].flatMap((own) => own.slice(0, perKind));
  return rows.flatMap(({ files }) => files.slice(0, perRow));
}

function finding({ files, reason, action }: Finding, album: Album): Html {
  const pictures = files.filter((file) => album.has(file)).slice(0, perRow);
  const named = files.slice(0, perRow).join(", ");
  const rest = files.length > perRow ? ` and ${integer(files.length - perRow)} more` : "";
  return html`<li><p>${reason}${action === "" ? "" : ` → ${action}`}</p>${pictures.length > 0 ? html`<div class="row">${pictures.map((file) => album.picture(file))}</div>` : undefined}<p class="quiet path">${named}${rest}</p></li>`;
}
