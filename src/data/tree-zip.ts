import { crc32 } from "node:zlib";
import { type Entry, getFileNameLowLevel, openPromise, validateFileName, type ZipFile } from "yauzl";
import { ArchiveError, FileReadError, tidyReason } from "./errors.ts";
import { extension, isHiddenName } from "./names.ts";
import { defaultReadLimit, type FileTree, type Ignored, sortedListing, type TreeFile } from "./tree.ts";
import { topFolder } from "./wrapper.ts";

export interface ZipTreeOptions {
  readonly limits?: Partial<ZipLimits>;
  readonly signal?: AbortSignal;
}

/** What an archive may declare; more is taken for a bomb. */
export interface ZipLimits {
  readonly entries: number;
  /** Unpacked bytes of one entry. */
  readonly entryBytes: number;
  /** Unpacked bytes of all entries together. */
  readonly totalBytes: number;
  /** Unpacked over packed bytes, for entries of more than 1 MiB and for the whole archive. Pictures hardly shrink. */
  readonly ratio: number;
}

const defaultLimits: ZipLimits = { entries: 2_000_000, entryBytes: 2 ** 30, totalBytes: 2 ** 42, ratio: 200 };

/** Whole entries kept for `readRange`, which a packed entry cannot serve by itself. */
const keptBytes = 256 * 2 ** 20;

/**
 * A zip archive as a tree, read in place: nothing is unpacked to disk. One folder that wraps everything is looked
 * through. Throws ArchiveError for a damaged directory, encryption, archives within it, paths that lead out, and bombs;
 * an entry that is damaged or packed by another method fails when it is read, with FileReadError.
 */
export async function openZipTree(path: string, options: ZipTreeOptions = {}): Promise<FileTree> {
  const limits = { ...defaultLimits, ...options.limits };
  const zip = await openPromise(path, { autoClose: false, decodeStrings: false }).catch((error: unknown) => {
    throw damaged(path, tidyReason(error), error);
  });
  // Without a listener an error while closing would end the process; every read reports its own.
  zip.on("error", () => {});
  try {
    return await readDirectory(path, zip, limits, options.signal);
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function readDirectory(
  path: string,
  zip: ZipFile,
  limits: ZipLimits,
  signal: AbortSignal | undefined,
): Promise<FileTree> {
  const refuse = (why: string, next: string, entry?: string): ArchiveError =>
    new ArchiveError(
      { what: `${path} is refused:`, why, next },
      entry === undefined ? { path } : { path, entry },
    );
  if (zip.entryCount > limits.entries) {
    throw refuse(
      `it declares ${zip.entryCount} entries, more than ${limits.entries}.`,
      "Unpack it and pass the folder.",
    );
  }

  const entries = new Map<string, Entry>();
  const folders = new Set<string>();
  const ignored: Ignored[] = [];
  let total = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      const { name, isFolder } = nameOf(entry, refuse);
      if (name === "") continue;
      const names = name.split("/");
      if (names.some(isHiddenName)) {
        if (!isFolder) ignored.push({ path: name, reason: "hidden" });
        continue;
      }
      for (let i = 1; i < names.length; i++) folders.add(names.slice(0, i).join("/"));
      if (isFolder) {
        folders.add(name);
        continue;
      }
      if (isLink(entry)) {
        ignored.push({ path: name, reason: "a link" });
        continue;
      }
      checkEntry(entry, name, limits, refuse);
      total += entry.uncompressedSize;
      if (total > limits.totalBytes || (total > 2 ** 30 && total > zip.fileSize * limits.ratio)) {
        throw refuse(
          `it unpacks to ${total} bytes or more, from ${zip.fileSize}.`,
          "Check where it comes from.",
        );
      }
      if (entries.has(name)) throw refuse(`it holds ${name} twice.`, "Pack it anew.", name);
      entries.set(name, entry);
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    signal?.throwIfAborted();
    throw damaged(path, tidyReason(error), error);
  }

  const wrapper = topFolder([...entries.keys()], [...folders]);
  const inside = (name: string): boolean => name.startsWith(wrapper);
  const files: TreeFile[] = [];
  for (const [name, entry] of entries)
    files.push({ path: name.slice(wrapper.length), size: entry.uncompressedSize });
  const inner = [...folders].filter((name) => inside(name) && name.length > wrapper.length);
  const listing = sortedListing(
    files,
    inner.map((name) => name.slice(wrapper.length)),
    ignored.map((row) => (inside(row.path) ? { ...row, path: row.path.slice(wrapper.length) } : row)),
  );
  return zipTree(path, zip, (name) => entries.get(wrapper + name), listing);
}

function zipTree(
  path: string,
  zip: ZipFile,
  find: (name: string) => Entry | undefined,
  listing: Awaited<ReturnType<FileTree["list"]>>,
): FileTree {
  const kept = new Map<string, Promise<Uint8Array>>();
  let keptSize = 0;

  const read = async (name: string, limit = defaultReadLimit): Promise<Uint8Array> => {
    const entry = find(name);
    if (entry === undefined) throw unreadable(path, name, "it holds no such file");
    if (entry.uncompressedSize > limit) {
      throw unreadable(path, name, `it has ${entry.uncompressedSize} bytes, more than the limit of ${limit}`);
    }
    if (!entry.canDecodeFileData()) {
      const why = `it is packed by method ${entry.compressionMethod}; only stored and deflated are read`;
      throw unreadable(path, name, why);
    }
    try {
      return await inflate(zip, entry);
    } catch (error) {
      throw unreadable(path, name, tidyReason(error), error);
    }
  };
  /** Keeps the entries last asked for, up to `keptBytes` together and one at least. */
  const keep = (name: string): Promise<Uint8Array> => {
    const held = kept.get(name) ?? read(name);
    if (!kept.has(name)) keptSize += find(name)?.uncompressedSize ?? 0;
    kept.delete(name);
    kept.set(name, held);
    for (const oldest of kept.keys()) {
      if (keptSize <= keptBytes || oldest === name) break;
      keptSize -= find(oldest)?.uncompressedSize ?? 0;
      kept.delete(oldest);
    }
    return held;
  };

  return {
    path,
    list: async () => listing,
    find: async (name) => {
      const entry = find(name);
      return entry && { path: name, size: entry.uncompressedSize };
    },
    read,
    async readRange(name, start, length) {
      const bytes = await keep(name);
      if (start + length > bytes.length) throw unreadable(path, name, `it ends at byte ${bytes.length}`);
      return bytes.slice(start, start + length);
    },
    async close() {
      kept.clear();
      keptSize = 0;
      zip.close();
    },
  };
}

async function inflate(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const bytes = new Uint8Array(entry.uncompressedSize);
  let filled = 0;
  const stream = await zip.openReadStreamPromise(entry);
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    // yauzl holds a packed entry to the size it declares; this holds it even if that changes.
    if (filled + chunk.length > bytes.length) throw new Error("it is longer than it declares");
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled !== bytes.length) throw new Error(`it ends after ${filled} of ${bytes.length} bytes`);
  if (crc32(bytes) !== entry.crc32) throw new Error("its checksum does not match");
  return bytes;
}

type Refuse = (why: string, next: string, entry?: string) => ArchiveError;

/** The entry's path without "." and a closing slash. UTF-8 where it is valid: macOS writes it without saying so. */
function nameOf(entry: Entry, refuse: Refuse): { name: string; isFolder: boolean } {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(entry.fileNameRaw);
  } catch {
    name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  }
  const shown = JSON.stringify(name.slice(0, 200));
  if (validateFileName(name) !== null || name.includes("\0")) {
    throw refuse(
      `its entry ${shown} does not name a place inside it.`,
      "Pack it anew with plain relative names.",
      name,
    );
  }
  const names = name.split("/");
  const isFolder = names.at(-1) === "";
  if (isFolder) names.pop();
  if (names.includes("")) throw refuse(`its entry ${shown} has an empty name.`, "Pack it anew.", name);
  if (names.length > 64)
    throw refuse(`its entry ${shown} lies more than 64 folders deep.`, "Pack it anew.", name);
  return { name: names.filter((part) => part !== ".").join("/"), isFolder };
}

function checkEntry(entry: Entry, name: string, limits: ZipLimits, refuse: Refuse): void {
  if (entry.isEncrypted()) throw refuse(`${name} is encrypted.`, "Unpack it and pass the folder.", name);
  if (["zip", "tar", "tgz", "gz", "7z", "rar"].includes(extension(name))) {
    throw refuse(`${name} is an archive inside the archive.`, "Unpack it and pass the folder.", name);
  }
  const { compressedSize, uncompressedSize } = entry;
  const swollen = uncompressedSize > 2 ** 20 && uncompressedSize > compressedSize * limits.ratio;
  if (uncompressedSize > limits.entryBytes || swollen) {
    const why = `${name} would grow from ${compressedSize} to ${uncompressedSize} bytes.`;
    throw refuse(why, "Check where the archive comes from.", name);
  }
}

/** Unix keeps the file's mode in the upper half; 0o12 in its top bits is a symbolic link. */
function isLink(entry: Entry): boolean {
  return ((entry.externalFileAttributes >>> 28) & 0xf) === 0xa;
}

function damaged(path: string, why: string, cause: unknown): ArchiveError {
  const parts = { what: `Cannot read ${path}:`, why: `${why}.`, next: "Download or pack it anew." };
  return new ArchiveError(parts, { path }, { cause });
}

/** One entry of many: the others can be read. */
function unreadable(path: string, entry: string, why: string, cause?: unknown): FileReadError {
  const parts = { what: `Cannot read ${entry} in ${path}:`, why: `${why}.`, next: "Pack the archive anew." };
  return new FileReadError(parts, { path: entry }, { cause });
}
