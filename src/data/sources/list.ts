import { isAbsolute, win32 } from "node:path";
import { TsugikiError } from "../../core/errors.ts";
import { ListError } from "../errors.ts";
import { isListName, toLabel } from "../names.ts";
import type { Sample } from "../sample.ts";
import type { FileTree, Ignored } from "../tree.ts";
import type { Found, Layout } from "./layout.ts";
import { type ListRow, parseList } from "./list-rows.ts";

/** Bytes of a list at most: some two million rows. */
const listLimit = 256 * 2 ** 20;

/** A CSV, TSV or JSON Lines file that names pictures and their labels. */
export const list: Layout = {
  name: "list",
  looks: "a list: a .csv, .tsv or .jsonl file with the columns path, label and perhaps split",

  async detect(tree, options) {
    if (options.list !== undefined) return true;
    const path = await onlyList(tree);
    if (path === undefined) return false;
    try {
      const rows = parseList(path, await tree.read(path, listLimit));
      const [first] = rows;
      return first !== undefined && (await find(tree, path, first, false)) !== undefined;
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
    const places: (string | undefined)[] = [];
    for (let i = 0; i < rows.length; i += 64) {
      options.signal?.throwIfAborted();
      const some = rows.slice(i, i + 64).map((row) => find(tree, path, row, options.list !== undefined));
      places.push(...(await Promise.all(some)));
    }
    return resolve(tree, path, rows, places);
  },
};

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
  places: readonly (string | undefined)[],
): Found {
  const ignored: Ignored[] = [];
  const taken = new Map<string, ListRow>();
  const disputed = new Map<string, string>();
  for (const [i, row] of rows.entries()) {
    const place = places[i];
    const path = row.path.trim() === "" ? `${listPath}#${row.line}` : row.path;
    if (place === undefined) ignored.push({ path, reason: `line ${row.line} names no readable file` });
    else if (row.label === "") ignored.push({ path, reason: `line ${row.line} gives no label` });
    else {
      const earlier = taken.get(place);
      if (earlier === undefined) taken.set(place, row);
      else if (toLabel(earlier.label) !== toLabel(row.label)) {
        const labels = `${JSON.stringify(earlier.label)} and ${JSON.stringify(row.label)}`;
        disputed.set(place, `two labels, ${labels}, on lines ${earlier.line} and ${row.line}: left out`);
      } else if (earlier.part !== row.part) {
        disputed.set(place, `two parts on lines ${earlier.line} and ${row.line}: left out`);
      } else ignored.push({ path, reason: `line ${row.line} repeats line ${earlier.line}` });
    }
  }
  for (const [path, reason] of disputed) ignored.push({ path, reason });

  const samples: Sample[] = [];
  for (const [id, row] of taken) {
    if (disputed.has(id)) continue;
    const content = { kind: "file", read: () => tree.read(id) } as const;
    samples.push({ id, label: toLabel(row.label), content, ...(row.part && { part: row.part }) });
  }
  return { samples, ignored };
}

/** The file that a row means, as the tree names it. Throws ListError for a path that leads out of the list's folder. */
async function find(tree: FileTree, list: string, row: ListRow, own: boolean): Promise<string | undefined> {
  const path = row.path.trim();
  if (path === "" || path.includes("\0")) return undefined;
  const absolute = isAbsolute(path) || win32.isAbsolute(path) || /^[a-z]:/i.test(path);
  if (absolute && !(own && isAbsolute(path))) {
    const why = own
      ? "It is no absolute path on this system."
      : "Only a list on this disk, named itself, may do so.";
    throw leadsOut(list, row, `is absolute. ${why}`);
  }
  if (path.split(/[/\\]/).includes("..")) throw leadsOut(list, row, 'contains "..".');
  // As it stands; as Windows writes it; then in the two ways that one name in Unicode can be stored.
  const slashed = path.replaceAll("\\", "/");
  for (const spelling of new Set([path, slashed, slashed.normalize("NFC"), slashed.normalize("NFD")])) {
    const place = absolute
      ? spelling
      : spelling
          .split("/")
          .filter((name) => name !== "" && name !== ".")
          .join("/");
    if (place !== "" && (await tree.size(place)) !== undefined) return place;
  }
  return undefined;
}

function leadsOut(path: string, row: ListRow, why: string): ListError {
  return new ListError(
    {
      what: `The path ${JSON.stringify(row.path.slice(0, 200))} on line ${row.line} of ${path}`,
      why,
      next: "Write paths from the list's own folder.",
    },
    { path, line: row.line },
  );
}
