import * as fs from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { promisify } from "node:util";
import { DatasetError, FileReadError, tidyReason } from "./errors.ts";
import { byCodePoint, isHiddenName } from "./names.ts";
import {
  defaultReadLimit,
  type FileTree,
  type Ignored,
  type Listing,
  sortedListing,
  type TreeFile,
} from "./tree.ts";

export interface DiskTreeOptions {
  /** Lets `find` and `read` take absolute paths and those that lead out by "..": for a list that the user wrote. */
  readonly outside?: boolean;
  /** Files and folders walked at most. */
  readonly limitEntries?: number;
  readonly signal?: AbortSignal;
}

const open = promisify(fs.open);
const read = promisify(fs.read);

/** To open a pipe would else wait for its writer; Windows has no such flag, and no such pipes. */
const openForReading = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** A folder as a tree. Nothing is walked or opened before it is asked for. */
export function openDiskTree(root: string, options: DiskTreeOptions = {}): FileTree {
  const ranged = new Map<string, Promise<number>>();
  let listing: Promise<Listing> | undefined;
  let closed = false;

  const locate = (path: string): string => {
    if (closed)
      throw new FileReadError({ what: `${root} is closed.`, next: "Open the dataset again." }, { path });
    if (options.outside === true) return isAbsolute(path) ? path : join(root, path);
    const names = path.split("/");
    if (isAbsolute(path) || names.includes("..") || names.includes("")) {
      throw new FileReadError(
        { what: `${path} is no path inside ${root}.`, next: "Name files from the root." },
        { path },
      );
    }
    return join(root, ...names);
  };
  const unreadable = (path: string, why: string): FileReadError =>
    new FileReadError({ what: `Cannot read ${path} in ${root}:`, why: `${why}.` }, { path });

  return {
    path: root,
    list: () => {
      listing ??= walk(root, options);
      return listing;
    },
    async find(path) {
      const info = await stat(locate(path), { bigint: true }).catch(() => undefined);
      return info?.isFile() ? treeFile(path, info) : undefined;
    },
    async read(path, limit = defaultReadLimit) {
      const place = locate(path);
      try {
        const file = await open(place, openForReading);
        try {
          // What was just opened is known to the system: asking and closing in passing spares two waits a picture.
          const info = fs.fstatSync(file);
          if (!info.isFile()) throw new Error("it is no ordinary file");
          const { size } = info;
          if (size > limit) throw new Error(`it has ${size} bytes, more than the limit of ${limit}`);
          return await readFully(file, 0, size);
        } finally {
          fs.closeSync(file);
        }
      } catch (error) {
        throw unreadable(path, tidyReason(error));
      }
    },
    async readRange(path, start, length) {
      const place = locate(path);
      try {
        let file = ranged.get(path);
        if (file === undefined) {
          file = open(place, openForReading);
          ranged.set(path, file);
        }
        return await readFully(await file, start, length);
      } catch (error) {
        throw unreadable(path, tidyReason(error));
      }
    },
    async close() {
      closed = true;
      const files = await Promise.allSettled(ranged.values());
      ranged.clear();
      for (const file of files) if (file.status === "fulfilled") fs.closeSync(file.value);
    },
  };
}

async function readFully(file: number, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await read(file, bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new Error(`it ends at byte ${start + filled}, ${length - filled} bytes early`);
    filled += bytesRead;
  }
  return bytes;
}

/** Milliseconds within which a file may be written twice and bear the same time; disks' clocks tick at most every second. */
const settled = 2000;

/**
 * Its state is where it lies on the disk, its size and both its times, to the nanosecond: that of its last change no program
 * can set back. A file just written has none yet.
 */
function treeFile(path: string, { dev, ino, size, mtimeNs, ctimeNs, ctimeMs }: fs.BigIntStats): TreeFile {
  const isSettled = Date.now() - Number(ctimeMs) > settled;
  if (!isSettled) return { path, size: Number(size) };
  const state = hex(dev, 4) + hex(ino, 16) + hex(size, 12) + hex(mtimeNs, 16) + hex(ctimeNs, 16);
  return { path, size: Number(size), state };
}

/** The last digits of a number. */
function hex(number: bigint, digits: number): string {
  return BigInt.asUintN(4 * digits, number)
    .toString(16)
    .padStart(digits, "0");
}

/** What a name in a folder turned out to be. */
type Visited =
  | { readonly kind: "file"; readonly file: TreeFile }
  | { readonly kind: "folder" | "linked folder"; readonly path: string }
  | { readonly kind: "ignored"; readonly ignored: Ignored };

/** Looks at one name; links are followed, nothing is opened. `real` is the root without links. */
async function visit(root: string, real: string, path: string, isLink: boolean): Promise<Visited> {
  const ignore = (why: string): Visited => ({ kind: "ignored", ignored: { path, reason: why } });
  if (isHiddenName(basename(path))) return ignore("hidden");
  const info = await stat(join(root, path), { bigint: true }).catch(() => undefined);
  if (info === undefined) return ignore(isLink ? "a link that leads nowhere" : "cannot be read");
  if (info.isFile()) return { kind: "file", file: treeFile(path, info) };
  if (info.isDirectory()) {
    if (!isLink) return { kind: "folder", path };
    const target = await realpath(join(root, path)).catch(() => undefined);
    if (target === undefined) return ignore("a link that cannot be followed");
    // People gather classes from several disks by links; one to a folder around this one would bring in anything.
    return isWithin(target, real)
      ? ignore("a link to a folder around this one")
      : { kind: "linked folder", path };
  }
  return ignore("no ordinary file");
}

function isWithin(root: string, place: string): boolean {
  const way = relative(root, place);
  return !isAbsolute(way) && way.split(/[/\\]/, 1)[0] !== "..";
}

/**
 * Reads every real folder once, own folders before linked ones: a loop of links ends, and what a link repeats is
 * noted, not read twice. So is a link to a folder around this one.
 */
async function walk(root: string, options: DiskTreeOptions): Promise<Listing> {
  const limit = options.limitEntries ?? 5_000_000;
  const files: TreeFile[] = [];
  const folders: string[] = [];
  const ignored: Ignored[] = [];
  const seen = new Set<string>();
  const own: string[] = [""];
  const linked: string[] = [];
  const real = await realpath(root).catch((error: unknown) => {
    throw unreadableRoot(root, error);
  });
  let entries = 0;

  for (let path = own.pop(); path !== undefined; path = own.pop() ?? linked.shift()) {
    options.signal?.throwIfAborted();
    const place = join(root, path);
    let names: fs.Dirent[];
    try {
      const { dev, ino } = await stat(place, { bigint: true });
      if (seen.has(`${dev}:${ino}`)) {
        ignored.push({ path, reason: "a link to a folder that is read already" });
        continue;
      }
      seen.add(`${dev}:${ino}`);
      names = await readdir(place, { withFileTypes: true });
    } catch (error) {
      if (path === "") throw unreadableRoot(root, error);
      ignored.push({ path, reason: `a folder that cannot be read: ${tidyReason(error)}` });
      continue;
    }
    if (path !== "") folders.push(path);
    entries += names.length;
    if (entries > limit) throw tooMany(root, limit);
    names.sort((a, b) => byCodePoint(a.name, b.name));
    for (let i = 0; i < names.length; i += 64) {
      const some = names.slice(i, i + 64).map((entry) => {
        return visit(root, real, path === "" ? entry.name : `${path}/${entry.name}`, entry.isSymbolicLink());
      });
      for (const found of await Promise.all(some)) {
        if (found.kind === "file") files.push(found.file);
        else if (found.kind === "ignored") ignored.push(found.ignored);
        else (found.kind === "folder" ? own : linked).push(found.path);
      }
    }
  }
  return sortedListing(files, folders, ignored);
}

function unreadableRoot(root: string, cause: unknown): DatasetError {
  const parts = {
    what: `Cannot read the folder ${root}:`,
    why: `${tidyReason(cause)}.`,
    next: "Check its permissions.",
  };
  return new DatasetError(parts, { path: root }, { cause });
}

function tooMany(root: string, limit: number): DatasetError {
  const what = `${root} holds more than ${limit} files and folders.`;
  const parts = { what, why: "It is walked no further.", next: "Name the dataset's own folder." };
  return new DatasetError(parts, { path: root });
}
