import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { reason, UsageError } from "../core/errors.ts";
import { DatasetError, TooFewPicturesError, UnknownLayoutError } from "./errors.ts";
import { byCodePoint, isListName, isPictureName, someNames } from "./names.ts";
import { sniff } from "./picture-format.ts";
import type { Dataset, Sample } from "./sample.ts";
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
 * read yet; close the dataset when done with it.
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
    const parts = { what: `Cannot open ${path}:`, why: `${reason(error)}.`, next: "Check the path." };
    throw new DatasetError(parts, { path }, { cause: error });
  });
  if (info.isDirectory()) return { tree: openDiskTree(path, { ...(signal && { signal }) }) };
  const refuse = (what: string, next: string): DatasetError => new DatasetError({ what, next }, { path });
  if (!info.isFile())
    throw refuse(`${path} is neither a folder nor a file.`, "Name a folder, a zip archive or a list.");
  if (isListName(path)) {
    const root = dirname(resolve(path));
    return {
      tree: openDiskTree(root, { absolutePaths: true, ...(signal && { signal }) }),
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
    const parts = { what: `Cannot read ${path}:`, why: `${reason(error)}.`, next: "Check its permissions." };
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
  if (found.length === 0) return ignored.length > 0 ? "All it holds is hidden." : "It is empty.";
  const pictures = files.filter((file) => isPictureName(file.path)).length;
  if (pictures === 0) return `It holds no pictures, only ${someNames(found)}.`;
  return `It holds ${pictures} pictures, but no class folders: ${someNames(found)}.`;
}

async function finish(path: string, tree: FileTree, layout: Layout, found: Found): Promise<Dataset> {
  const { samples, ignored } = found;
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
  const labels = new Set(samples.map((sample) => sample.label));
  const classes = found.classes ?? [...labels].sort(byCodePoint);
  const known = new Set(classes);
  const unknown = [...labels].filter((label) => !known.has(label));
  if (unknown.length > 0) {
    const what = `${path} has pictures of ${someNames(unknown)}, which its list of classes does not name.`;
    throw new DatasetError({ what, next: "Add the class to the list." }, { path });
  }
  checkTrain(path, classes, samples);
  return {
    path,
    layout: found.layout ?? layout.name,
    classes,
    samples: found.layout === undefined ? samples.toSorted((a, b) => byCodePoint(a.id, b.id)) : samples,
    ignored: ignored.toSorted((a, b) => byCodePoint(a.path, b.path)),
    close: () => tree.close(),
  };
}

/** Where parts are given, each class needs a picture to train on (one without a part may be trained on). */
function checkTrain(path: string, classes: readonly string[], samples: readonly Sample[]): void {
  const trained = new Set<string>();
  for (const { label, part } of samples) if (part === undefined || part === "train") trained.add(label);
  const label = classes.find((name) => !trained.has(name));
  if (label === undefined) return;
  const pictures = samples.filter((sample) => sample.label === label).length;
  throw new TooFewPicturesError(
    {
      what: `The class ${JSON.stringify(label)} of ${path} has no pictures to train on.`,
      why: pictures === 0 ? "It has no pictures at all." : `Its ${pictures} pictures belong to other parts.`,
      next: "Give it pictures in train, or take it out.",
    },
    { label, pictures, groups: 0, needed: 1 },
  );
}
