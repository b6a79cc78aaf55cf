import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { assert } from "../core/assert.ts";
import type { RowStore } from "./row-store.ts";

/*
 * A store is a folder of shards. A shard is written whole under a temporary name and then renamed, and never changed
 * afterwards, so that a reader sees all of it or nothing, a process killed while writing leaves at most a stray
 * temporary file, and processes that share the folder only ever add.
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

  constructor(folder: string, rowBytes: number) {
    this.#folder = folder;
    this.#rowBytes = rowBytes;
    fs.mkdirSync(folder, { recursive: true });
    for (const name of fs.readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith(".rows")) this.#index(path);
      else if (name.endsWith(".part")) removeStray(path);
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
    const row = new Uint8Array(this.#rowBytes);
    const read = fs.readSync(this.#open(place.file), row, 0, row.length, place.offset);
    assert(read === row.length, `${place.file} has shrunk`);
    return row;
  }

  put(hash: string, row: Uint8Array): void {
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
    const header = Buffer.alloc(headerBytes);
    magic.copy(header);
    header.writeUInt32LE(this.#rowBytes, magic.length);
    header.writeUInt32LE(rows.size, magic.length + 4);
    const hashes = [...rows.keys()].map((hash) => Buffer.from(hash, "hex"));
    const path = join(this.#folder, `${randomUUID()}.rows`);
    const part = `${path}.part`;
    const file = fs.openSync(part, "wx");
    try {
      for (const chunk of [header, ...hashes, ...rows.values()]) fs.writeSync(file, chunk);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(part, path);
    this.#waiting = new Map();
    this.#index(path);
  }

  close(): void {
    this.flush();
    for (const file of this.#files.values()) fs.closeSync(file);
    this.#files.clear();
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
      const data = headerBytes + rows * hashBytes;
      if (rowBytes !== this.#rowBytes || fs.fstatSync(file).size !== data + rows * rowBytes) return;
      const hashes = Buffer.alloc(rows * hashBytes);
      fs.readSync(file, hashes, 0, hashes.length, headerBytes);
      for (let row = 0; row < rows; row++) {
        const hash = hashes.toString("hex", row * hashBytes, (row + 1) * hashBytes);
        this.#places.set(hash, { file: path, offset: data + row * rowBytes });
      }
    } finally {
      fs.closeSync(file);
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

/** Another process may be writing it just now; a day later none is. */
function removeStray(path: string): void {
  const age = Date.now() - (fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > strayHours * 3600 * 1000) fs.rmSync(path, { force: true });
}

/** Opens, or begins, the store in this folder. */
export function openRowStore(folder: string, rowBytes: number): RowStore {
  return new DiskRowStore(folder, rowBytes);
}
