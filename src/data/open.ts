import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { UsageError } from "../core/errors.ts";
import { DatasetError, tidyReason, UnknownLayoutError } from "./errors.ts";
import { labelsOf } from "./labels.ts";
import { byCodePoint, isListName, isPictureName, someNames } from "./names.ts";
import { sniff } from "./picture-format.ts";
import type { Dataset } from "./sample.ts";
import type { Found, Layout, LayoutOptions } from "./sources/layout.ts";
import { layouts } from "./sources/table.ts";
import type { FileTree, Listing } from "./tree.ts";
import { openDiskTree } from "./tree-disk.ts";
import { openZipTree } from "./tree-zip.ts";

export interface OpenOptions {
  /** Name of the layout to read it by, where it should not be found out. */
  readonly layout?: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens labelled pictures: a folder, a zip archive or a list file, in any layout of `sources/table.ts`. No picture is
 * read yet, and parts may be missing: whether there is enough to train on `splitSamples` says. Close the dataset when
 * done with it.
 *
 * Throws DatasetError, UnknownLayoutError, ArchiveError, ListError, TooFewPicturesError or UsageError.
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const chosen = options.layout === undefined ? undefined : layoutNamed(options.layout);
  const { tree, list } = await openTree(path, options.signal);
  try {
    const layoutOptions: LayoutOptions = {
      ...(list !== undefined && { list }),
      ...(options.signal && { signal: options.signal }),
    };
    const layout = chosen ?? (await detect(path, tree, layoutOptions));
    const found = await layout.read(tree, layoutOptions);
    const ignored = list === undefined ? [...(await tree.list()).ignored, ...found.ignored] : found.ignored;
    return await finish(path, tree, layout, { ...found, ignored });
  } catch (error) {
    await tree.close();
    throw error;
  }
}

/** A layout's row by its name. Throws UsageError for an unknown one. */
function layoutNamed(name: string): Layout {
  const layout = layouts.find((one) => one.name === name);
  if (layout !== undefined) return layout;
  const parts = {
    what: `There is no layout ${JSON.stringify(name)}.`,
    next: `Choose among ${someNames(
      layouts.map((one) => one.name),
      20,
    )}, or leave it out.`,
  };
  throw new UsageError(parts, { option: "layout", value: name });
}

async function openTree(
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ tree: FileTree; list?: string }> {
  const info = await stat(path).catch((error: unknown) => {
    const parts = { what: `Cannot open ${path}:`, why: `${tidyReason(error)}.`, next: "Check the path." };
    throw new DatasetError(parts, { path }, { cause: error });
  });
  if (info.isDirectory()) return { tree: openDiskTree(path, { ...(signal && { signal }) }) };
  const refuse = (what: string, next: string): DatasetError => new DatasetError({ what, next }, { path });
  if (!info.isFile())
    throw refuse(`${path} is neither a folder nor a file.`, "Name a folder, a zip archive or a list.");
  if (isListName(path)) {
    const root = dirname(resolve(path));
    return {
      tree: openDiskTree(root, { outside: true, ...(signal && { signal }) }),
      list: basename(path),
    };
  }
  const format = sniff(await firstBytes(path));
  if (format === "zip") return { tree: await openZipTree(path, { ...(signal && { signal }) }) };
  if (format === "gzip" || /\.(tar|tgz|7z|rar|bz2|xz|zst)$/i.test(path)) {
    throw refuse(`${path} is an archive other than zip.`, "Unpack it and pass the folder.");
  }
  if (isPictureName(path))
    throw refuse(`${path} is one picture.`, "Pass the folder that holds the class folders.");
  if (path.endsWith(".bin")) throw refuse(`${path} is one file.`, "For CIFAR pass the folder that holds it.");
  throw refuse(`${path} is no folder, zip archive or list.`, "Lists end in .csv, .tsv or .jsonl.");
}

async function firstBytes(path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { buffer, bytesRead } = await handle.read(new Uint8Array(256), 0, 256, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const parts = {
      what: `Cannot read ${path}:`,
      why: `${tidyReason(error)}.`,
      next: "Check its permissions.",
    };
    throw new DatasetError(parts, { path }, { cause: error });
  } finally {
    await handle?.close();
  }
}

async function detect(path: string, tree: FileTree, options: LayoutOptions): Promise<Layout> {
  for (const layout of layouts) {
    if (await layout.detect(tree, options)) return layout;
  }
  const listing = await tree.list();
  const found = topNames(listing);
  throw new UnknownLayoutError(
    {
      what: `${path} is laid out in no way that is understood.`,
      why: whatIsThere(listing, found),
      next: `Understood are:${layouts.map((layout) => `\n  - ${layout.looks}`).join("")}`,
    },
    { path, found, layouts: layouts.map((layout) => layout.name) },
  );
}

function topNames({ files, folders }: Listing): string[] {
  const tops = [...folders.map((folder) => `${folder}/`), ...files.map((file) => file.path)];
  return tops.filter((name) => !name.slice(0, -1).includes("/")).slice(0, 20);
}

function whatIsThere({ files, ignored }: Listing, found: readonly string[]): string {
  const seen = ignored.find((one) => one.reason !== "hidden");
  if (found.length === 0 && seen !== undefined) return `Of what it holds, ${seen.path} is ${seen.reason}.`;
  if (found.length === 0) return ignored.length > 0 ? "All it holds is hidden." : "It is empty.";
  const pictures = files.filter((file) => isPictureName(file.path)).length;
  if (pictures === 0) return `It holds no pictures, only ${someNames(found)}.`;
  return `It holds ${pictures} pictures, but no class folders: ${someNames(found)}.`;
}

async function finish(path: string, tree: FileTree, layout: Layout, found: Found): Promise<Dataset> {
  const { samples, ignored, multiLabel = false } = found;
  if (samples.length === 0) {
    const [first] = ignored;
    const why =
      first && `${ignored.length} files or rows were passed over, first ${first.path}: ${first.reason}.`;
    const parts = {
      what: `${path} holds no labelled pictures (read as ${layout.name}).`,
      ...(why && { why }),
    };
    throw new DatasetError({ ...parts, next: "Check that this is the dataset's own folder." }, { path });
  }
  const labels = new Set(samples.flatMap(labelsOf));
  const classes = found.classes ?? [...labels].sort(byCodePoint);
  const known = new Set(classes);
  const unknown = [...labels].filter((label) => !known.has(label));
  if (unknown.length > 0) {
    const what = `${path} has pictures of ${someNames(unknown)}, which its list of classes does not name.`;
    throw new DatasetError({ what, next: "Add the class to the list." }, { path });
  }
  checkNames(path, classes);
  return {
    path,
    layout: found.layout ?? layout.name,
    classes,
    multiLabel,
    samples: found.layout === undefined ? samples.toSorted((a, b) => byCodePoint(a.id, b.id)) : samples,
    ignored: ignored.toSorted((a, b) => byCodePoint(a.path, b.path)),
    close: () => tree.close(),
  };
}

/** A class is one line of labels.txt, and its name goes to terminals: a newline or an escape code may not stand in it. */
function checkNames(path: string, classes: readonly string[]): void {
  const name = classes.find((one) => /\p{Cc}/u.test(one));
  if (name === undefined) return;
  const shown = JSON.stringify(name.slice(0, 200)).replace(/\p{Cc}/gu, (mark) => {
    return `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  const parts = {
    what: `${path} has a class named ${shown}.`,
    why: "Names of classes may not hold line breaks or other control characters.",
    next: "Rename it.",
  };
  throw new DatasetError(parts, { path });
}
