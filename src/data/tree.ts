import { byCodePoint } from "./names.ts";

export interface TreeFile {
  /** From the root, "/" between names, exactly as stored. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What the disk says of it, 64 hexadecimal digits, others whenever its bytes change; undefined where nothing tells. */
  readonly state?: string | undefined;
}

export interface Ignored {
  readonly path: string;
  readonly reason: string;
}

/** What a tree holds, each list sorted by code point. */
export interface Listing {
  readonly files: readonly TreeFile[];
  /** Every folder, the empty ones too; the root itself is not among them. */
  readonly folders: readonly string[];
  readonly ignored: readonly Ignored[];
}

/** Bytes of one file that are read at most unless the caller says otherwise: 1 GiB. */
export const defaultReadLimit = 2 ** 30;

/** Files under one root, on a disk or in an archive. Layouts see nothing else, so any layout works zipped. */
export interface FileTree {
  /** What was opened, for messages. */
  readonly path: string;
  /** Walks the tree once; later calls give the same listing. */
  list(): Promise<Listing>;
  /** One file, or undefined where there is no such file. Does not need `list`. */
  find(path: string): Promise<TreeFile | undefined>;
  /** One file whole. Throws FileReadError; a file larger than `limit` bytes is not read. */
  read(path: string, limit?: number): Promise<Uint8Array>;
  /** The bytes [start, start + length) of one file. Throws as `read` does, also past the end of the file. */
  readRange(path: string, start: number, length: number): Promise<Uint8Array>;
  /** Frees what is open; nothing can be read afterwards. */
  close(): Promise<void>;
}

/** A listing with its parts sorted. */
export function sortedListing(files: TreeFile[], folders: string[], ignored: Ignored[]): Listing {
  const byPath = (a: { path: string }, b: { path: string }): number => byCodePoint(a.path, b.path);
  return { files: files.sort(byPath), folders: folders.sort(byCodePoint), ignored: ignored.sort(byPath) };
}
