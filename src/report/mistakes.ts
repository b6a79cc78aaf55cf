import { count, integer } from "../core/words.ts";
import type { ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { type Album, fairSample, gridTiles, mistakeTiles, surestMistakes } from "./pictures.ts";
import { section } from "./section.ts";

/** Wrong answers that were given with the most certainty: what the classifier, or a label, has most wrong. */
export function mistakesSection({ answers }: ReportData, album: Album): Html | undefined {
  if (answers.length === 0) return undefined;
  const mistakes = surestMistakes(answers);
  const [surest] = mistakes;
  if (surest === undefined) {
    return section("mistakes", "Most certain mistakes", html`<p>None: every picture was answered right.</p>`);
  }
  const more =
    mistakes.length > mistakeTiles ? `, the first ${mistakeTiles} of ${integer(mistakes.length)}` : "";
  return section(
    "mistakes",
    "Most certain mistakes",
    html`<p>Where it was wrong and sure of itself${more}. Look at the label first: a wrong label looks just like this.</p>
${album.tiles(mistakes.slice(0, mistakeTiles))}`,
  );
}

/** Test pictures drawn at random, right and wrong as they come. */
export function sampleSection({ answers }: ReportData, album: Album): Html | undefined {
  if (answers.length === 0) return undefined;
  const all = answers.length <= gridTiles;
  return section(
    "sample",
    "A fair look",
    html`<p>${all ? `All ${count(answers.length, "picture")}` : `${gridTiles} of ${integer(answers.length)} pictures, drawn at random`}: its answer and how sure it was, green where right and red where wrong.</p>
${album.tiles(fairSample(answers, gridTiles))}`,
  );
}

/** Tiles of one group that are written out. */
const perGroup = 30;
/** Names of a group without pictures. */
const perName = 4;
/** With more groups, those without pictures are left out. */
const mostGroups = 3000;

/** The pictures behind the cells of the confusion matrix: what its links open. */
export function behindSection(album: Album): Html | undefined {
  const { groups } = album;
  if (groups.cells.size === 0) return undefined;
  const labels = html`${["wrong", "right"].map((verdict) => {
    const answers = groups.cells.get(`cell-${verdict}`);
    if (answers === undefined) return undefined;
    const title = verdict === "right" ? "All labels right" : "Some label wrong";
    return html`<details id="class-${verdict}"><summary>${title} <span class="n">${integer(answers.length)}</span></summary>${group(album, `cell-${verdict}`, title)}</details>`;
  })}`;
  const classes = groups.classes.map((name, row) => {
    const cells = groups.classes.flatMap((_, column) => {
      const id = `cell-${row}-${column}`;
      const answers = groups.cells.get(id);
      if (answers === undefined) return [];
      const isShown = groups.cells.size <= mostGroups || answers.some(({ file }) => album.has(file));
      return isShown ? [{ id, column }] : [];
    });
    if (cells.length === 0) return undefined;
    // What was taken for something else first: that is what one comes here for.
    const ordered = [
      ...cells.filter(({ column }) => column !== row),
      ...cells.filter(({ column }) => column === row),
    ];
    const total = cells.reduce((sum, { id }) => sum + (groups.cells.get(id)?.length ?? 0), 0);
    const groupsOfClass = ordered.map(({ id, column }) => {
      const title =
        column === row ? `${name}, and taken for it` : `${name}, taken for ${groups.classes[column]}`;
      return group(album, id, title);
    });
    return html`<details id="class-${row}"><summary>${name} <span class="n">${integer(total)}</span></summary>${groupsOfClass}</details>`;
  });
  return section(
    "behind",
    "Pictures by class",
    html`<p>What stands behind the figures, by true class.</p>${labels}${classes}`,
  );
}

function group(album: Album, id: string, title: string): Html {
  const answers = album.groups.cells.get(id) ?? [];
  const shown = answers.filter(({ file }) => album.has(file)).slice(0, perGroup);
  // Without any picture at hand, their names are still something to go by.
  const names = shown.length > 0 ? [] : answers.slice(0, perName).map(({ file }) => file);
  const rest = answers.length - shown.length - names.length;
  return html`<div class="group" id="${id}"><h3>${title} <span class="n">${integer(answers.length)}</span></h3>${shown.length > 0 ? album.tiles(shown) : html`<p class="path">${names.join(", ")}</p>`}${rest > 0 ? html`<p class="quiet">and ${integer(rest)} more, listed in predictions.csv</p>` : undefined}</div>`;
}
