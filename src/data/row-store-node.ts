import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { assert } from "../core/assert.ts";
import { makeFolder } from "../core/folder-node.ts";
import { CacheError, tidyReason } from "./errors.ts";
import type { RowStore } from "./row-store.ts";

/*
 * A store is a folder of shards. A shard is written whole under a temporary name and then renamed, and never changed
 * afterwards, so that a reader sees all of it or nothing, a process killed while writing leaves at most a stray
 * temporary file, and processes that share the folder only ever add. A shard that cannot be read or is not whole is
 * passed over: what it held is computed again.
 *
 *   "tsugiki\1"  uint32 row length  uint32 rows  | rows x 32 bytes of sha256 | rows x row length | (little-endian)
 */
const magic = Buffer.from("tsugiki\u0001", "latin1");
const headerBytes = magic.length + 8;
const hashBytes = 32;
const shardBytes = 4 * 1024 ** 2;
const shardSeconds = 10;
const strayHours = 24;
const maxOpenFiles = 64;

interface Place {
  readonly file: string;
  readonly offset: number;
}

class DiskRowStore implements RowStore {
  readonly #folder: string;
  readonly #rowBytes: number;
  readonly #places = new Map<string, Place>();
  readonly #files = new Map<string, number>();
  #waiting = new Map<string, Uint8Array>();
  #lastFlush = Date.now();
  /** Whether the last flush failed, and so was told already. */
  #failed = false;

  constructor(folder: string, rowBytes: number) {
    this.#folder = folder;
    this.#rowBytes = rowBytes;
    const names = orCacheError(folder, "use the cache folder", () => {
      makeFolder(folder);
      return fs.readdirSync(folder);
    });
    for (const name of names) {
      const path = join(folder, name);
      if (name.endsWith(".rows")) orPassOver(() => this.#index(path));
      else if (name.endsWith(".part")) orPassOver(() => removeStray(path));
    }
  }

  has(hash: string): boolean {
    return this.#waiting.has(hash) || this.#places.has(hash);
  }

  get(hash: string): Uint8Array | undefined {
    const waiting = this.#waiting.get(hash);
    if (waiting !== undefined) return waiting;
    const place = this.#places.get(hash);
    if (place === undefined) return undefined;
    return orCacheError(place.file, "read from the cache", () => {
      const row = new Uint8Array(this.#rowBytes);
      const read = fs.readSync(this.#open(place.file), row, 0, row.length, place.offset);
      if (read !== row.length) throw new Error("the file has shrunk");
      return row;
    });
  }

  put(hash: string, row: Uint8Array): void {
    assert(/^[0-9a-f]{64}$/.test(hash), `${hash} is no sha256`);
    assert(row.length === this.#rowBytes, `a row of ${row.length} bytes, not ${this.#rowBytes}`);
    if (this.has(hash)) return;
    this.#waiting.set(hash, row);
    const full = this.#waiting.size * this.#rowBytes >= shardBytes;
    if (full || Date.now() - this.#lastFlush > shardSeconds * 1000) this.flush();
  }

  flush(): void {
    this.#lastFlush = Date.now();
    const rows = this.#waiting;
    if (rows.size === 0) return;
    const path = join(this.#folder, `${randomUUID()}.rows`);
    this.#failed = true;
    orCacheError(this.#folder, "write to the cache folder", () => writeShard(path, this.#rowBytes, rows));
    this.#failed = false;
    this.#waiting = new Map();
    this.#note(path, [...rows.keys()]);
  }

  /** Throws CacheError for rows that cannot be written, unless a flush has said so before; all files are closed. */
  close(): void {
    const told = this.#failed;
    try {
      this.flush();
    } catch (error) {
      if (!told) throw error;
    } finally {
      this.#waiting.clear();
      for (const file of this.#files.values()) fs.closeSync(file);
      this.#files.clear();
    }
  }

  /** Notes where the rows of a shard are; one that is not whole, or of other rows, is passed over. */
  #index(path: string): void {
    const file = fs.openSync(path, "r");
    try {
      const header = Buffer.alloc(headerBytes);
      fs.readSync(file, header, 0, headerBytes, 0);
      if (!header.subarray(0, magic.length).equals(magic)) return;
      const rowBytes = header.readUInt32LE(magic.length);
      const rows = header.readUInt32LE(magic.length + 4);
      const size = headerBytes + rows * (hashBytes + rowBytes);
      if (rowBytes !== this.#rowBytes || fs.fstatSync(file).size !== size) return;
      const bytes = Buffer.alloc(rows * hashBytes);
      if (fs.readSync(file, bytes, 0, bytes.length, headerBytes) !== bytes.length) return;
      const hashes = Array.from({ length: rows }, (_, row) => {
        return bytes.toString("hex", row * hashBytes, (row + 1) * hashBytes);
      });
      this.#note(path, hashes);
    } finally {
      fs.closeSync(file);
    }
  }

  #note(file: string, hashes: readonly string[]): void {
    const data = headerBytes + hashes.length * hashBytes;
    for (const [row, hash] of hashes.entries()) {
      this.#places.set(hash, { file, offset: data + row * this.#rowBytes });
    }
  }

  #open(path: string): number {
    const open = this.#files.get(path);
    if (open !== undefined) return open;
    if (this.#files.size >= maxOpenFiles) {
      const [oldest] = this.#files;
      fs.closeSync(oldest![1]);
      this.#files.delete(oldest![0]);
    }
    const file = fs.openSync(path, "r");
    this.#files.set(path, file);
    return file;
  }
}

/** Writes a shard whole and renames it; what was begun is removed where that fails, for the disk may be full. */
function writeShard(path: string, rowBytes: number, rows: ReadonlyMap<string, Uint8Array>): void {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(rowBytes, magic.length);
  header.writeUInt32LE(rows.size, magic.length + 4);
  const hashes = [...rows.keys()].map((hash) => Buffer.from(hash, "hex"));
  const bytes = Buffer.concat([header, ...hashes, ...rows.values()]);
  const part = `${path}.part`;
  try {
    const file = fs.openSync(part, "wx");
    try {
      // A disk that fills up takes some of the bytes before it refuses.
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(part, path);
  } catch (error) {
    orPassOver(() => fs.rmSync(part, { force: true }));
    throw error;
  }
}

/** Another process may be writing it just now; a day later none is. */
function removeStray(path: string): void {
  const age = Date.now() - (fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > strayHours * 3600 * 1000) fs.rmSync(path, { force: true });
}

/** For one file of the folder that another process may just have removed, or that may not be read: it is not needed. */
function orPassOver(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing is lost that cannot be computed again.
  }
}

function orCacheError<T>(path: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const parts = {
      what: `Cannot ${doing} (${path}):`,
      why: `${tidyReason(error)}.`,
      next: "See that the folder is there, may be written and its disk has room, or name another with --cache.",
    };
    throw new CacheError(parts, { path }, { cause: error });
  }
}

/** Opens, or begins, the store in this folder. Throws CacheError, as do its methods, where the disk refuses. */
export function openRowStore(folder: string, rowBytes: number): RowStore {
  return new DiskRowStore(folder, rowBytes);
}
