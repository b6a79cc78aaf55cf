import { isAbsolute, posix, win32 } from "node:path";
import { assert } from "../../core/assert.ts";
import { TsugikiError } from "../../core/errors.ts";
import { ListError } from "../errors.ts";
import { formatLabels, isMultiLabel, parseLabels } from "../labels.ts";
import { isListName, toLabel } from "../names.ts";
import type { Sample } from "../sample.ts";
import type { FileTree, Ignored, TreeFile } from "../tree.ts";
import type { Found, Layout } from "./layout.ts";
import { type ListRow, parseList } from "./list-rows.ts";

/** Bytes of a list at most: some two million rows. */
const listLimit = 256 * 2 ** 20;

/** Rows of a table beside the pictures that are tried before it is taken for a list. */
const triedRows = 64;

/** Where a row's picture is, or why there is none. */
type Place = { readonly file: TreeFile } | { readonly reason: string };

/**
 * A CSV, TSV or JSON Lines file that names pictures and their labels. Where one row at least gives labels with "|"
 * between them, all rows are lists of labels: "red|round", "red" (that one alone), "|" (none of them). An empty cell is
 * a label that somebody forgot, as in other lists, and its row is left out. JSON Lines may write them as arrays.
 */
export const list: Layout = {
  name: "list",
  looks: "a list: a .csv, .tsv or .jsonl file with the columns path, label and perhaps split",

  async detect(tree, options) {
    if (options.list !== undefined) return true;
    const path = await onlyList(tree);
    if (path === undefined) return false;
    try {
      const rows = parseList(path, await tree.read(path, listLimit));
      const tried = rows.slice(0, triedRows).map((row) => find(tree, row, false));
      return (await Promise.all(tried)).some((place) => "file" in place);
    } catch (error) {
      // A table of something else that happens to lie beside the pictures.
      if (error instanceof TsugikiError) return false;
      throw error;
    }
  },

  async read(tree, options) {
    const path = options.list ?? (await onlyList(tree));
    if (path === undefined) {
      const parts = { what: `${tree.path} holds no list, or several.`, next: "Name the list file itself." };
      throw new ListError(parts, { path: tree.path });
    }
    const rows = parseList(path, await tree.read(path, listLimit));
    const places: Place[] = [];
    for (let i = 0; i < rows.length; i += 64) {
      options.signal?.throwIfAborted();
      const some = rows.slice(i, i + 64).map((row) => find(tree, row, options.list !== undefined));
      places.push(...(await Promise.all(some)));
    }
    return resolve(tree, path, rows, places);
  },
};

/** What to write for a picture that has none of the labels. */
function unlabelled(listPath: string): string {
  return `, write ${listPath.toLowerCase().endsWith("sv") ? "|" : "[]"} for a picture without any`;
}

async function onlyList(tree: FileTree): Promise<string | undefined> {
  const { files } = await tree.list();
  const lists = files.filter(({ path }) => !path.includes("/") && isListName(path));
  return lists.length === 1 ? lists[0]?.path : undefined;
}

/** Turns rows into samples; what a picture is, is said once or not at all. */
function resolve(
  tree: FileTree,
  listPath: string,
  rows: readonly ListRow[],
  places: readonly Place[],
): Found {
  const multiLabel = rows.some((row) => isMultiLabel(row.label));
  const labelled = (row: ListRow): Pick<Sample, "label" | "labels"> => {
    if (!multiLabel) return { label: toLabel(row.label) };
    const labels = parseLabels(row.label);
    return { label: formatLabels(labels), labels };
  };
  const ignored: Ignored[] = [];
  const taken = new Map<string, { readonly row: ListRow; readonly file: TreeFile }>();
  const disputed = new Map<string, string>();
  for (const [i, row] of rows.entries()) {
    const place = places[i];
    const path = row.path.trim() === "" ? `${listPath}#${row.line}` : row.path;
    assert(place !== undefined, `row ${i} was not looked up`);
    if ("reason" in place) ignored.push({ path, reason: `line ${row.line} ${place.reason}` });
    else if (row.label === "")
      ignored.push({
        path,
        reason: `line ${row.line} gives no label${multiLabel ? unlabelled(listPath) : ""}`,
      });
    else {
      const { path: file } = place.file;
      const earlier = taken.get(file)?.row;
      if (earlier === undefined) taken.set(file, { ...place, row });
      else if (labelled(earlier).label !== labelled(row).label) {
        const both = `${JSON.stringify(earlier.label)} and ${JSON.stringify(row.label)}`;
        const what = multiLabel ? "two lists of labels" : "two labels";
        disputed.set(file, `${what}, ${both}, on lines ${earlier.line} and ${row.line}: left out`);
      } else if (earlier.part !== row.part) {
        disputed.set(file, `two parts on lines ${earlier.line} and ${row.line}: left out`);
      } else ignored.push({ path, reason: `line ${row.line} repeats line ${earlier.line}` });
    }
  }
  for (const [path, reason] of disputed) ignored.push({ path, reason });

  const samples: Sample[] = [];
  for (const [id, { row, file }] of taken) {
    if (disputed.has(id)) continue;
    const content = { kind: "file", state: file.state, read: () => tree.read(id) } as const;
    samples.push({ id, ...labelled(row), content, ...(row.part && { part: row.part }) });
  }
  return { samples, ignored, ...(multiLabel && { multiLabel }) };
}

/**
 * The file that a row means, as the tree names it. Only a list on this disk that the user named (`own`) may lead out of
 * its folder: an archive, or a list that happens to lie in a folder, could else reach any file.
 */
async function find(tree: FileTree, row: ListRow, own: boolean): Promise<Place> {
  const path = row.path.trim();
  const missing = { reason: "names no readable file" };
  if (path === "" || path.includes("\0")) return missing;
  const absolute = isAbsolute(path) || win32.isAbsolute(path) || /^[a-z]:/i.test(path);
  if (absolute && own && !isAbsolute(path)) return { reason: "gives a path of another system" };
  if (absolute && !own) return { reason: "gives an absolute path: only a list that is named itself may" };
  if (!own && path.split(/[/\\]/).includes("..")) {
    return { reason: 'gives a path with "..": only a list on disk that is named itself may' };
  }
  // As it stands; as Windows writes it; then in the two ways that one name in Unicode can be stored.
  const slashed = path.replaceAll("\\", "/");
  for (const spelling of new Set([path, slashed, slashed.normalize("NFC"), slashed.normalize("NFD")])) {
    const name = posix.normalize(spelling);
    const file = name.endsWith("/") || name === "." ? undefined : await tree.find(name);
    if (file !== undefined) return { file };
  }
  return missing;
}
