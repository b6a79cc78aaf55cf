import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import {
  type Archive,
  type ArchiveLimits,
  EntryList,
  entryPath,
  mostBytes,
  refused,
  tooMuch,
} from "./archive.ts";

/** No name, and no set of attributes, is longer. */
const longestMeta = 64 * 1024;
/** Names and attributes together. */
const mostMeta = 16 * 1024 ** 2;
/** Headers and padding beside the files themselves: a few blocks an entry, and zeros at the end. */
const overhead = 32 * 1024 ** 2;

/** A tar archive, packed by gzip or not. Throws ModelArchiveError, and what the parser and node:zlib throw for damage. */
export async function openTar(
  file: string,
  name: string,
  limits: ArchiveLimits,
  signal?: AbortSignal,
): Promise<Archive> {
  const { packed, gzip } = await lookAt(file);
  const most = mostBytes(packed, limits);
  const pieces = (): AsyncIterable<Buffer> => unpacked(file, { name, gzip, most });
  const list = new EntryList(name, packed, limits);
  await walk(pieces(), name, (entry) => list.add(entry.path, entry.size, kindOf(entry)), signal);
  return {
    entries: list.files,
    async unpack(targets, stop) {
      const files = new Set<number>();
      const write = (entry: ReadEntry): void => {
        const target = targets.get(entryPath(entry.path, name));
        if (target !== undefined && kindOf(entry) === "file") writeTo(target, entry, files);
      };
      try {
        await walk(pieces(), name, write, stop);
      } finally {
        for (const one of files) closeSync(one);
      }
    },
  };
}

async function lookAt(file: string): Promise<{ readonly packed: number; readonly gzip: boolean }> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return { packed: (await handle.stat()).size, gzip: isGzip(buffer) };
  } finally {
    await handle.close();
  }
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The bytes of the archive, unpacked as they are asked for, and no more of them than `most`. */
async function* unpacked(
  file: string,
  { name, gzip, most }: { readonly name: string; readonly gzip: boolean; readonly most: number },
): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const gunzip = gzip ? createGunzip() : undefined;
  source.on("error", (error) => gunzip?.destroy(error));
  const stream = gunzip === undefined ? source : source.pipe(gunzip);
  let total = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      // The parser would unpack it once more, and nobody would count.
      if (gzip && total === 0 && isGzip(piece)) throw refused(name, "it is packed twice over");
      total += piece.length;
      if (total > most + overhead) throw tooMuch(name, most);
      yield piece;
    }
  } finally {
    source.destroy();
    gunzip?.destroy();
  }
}

/**
 * Shows the archive's entries to `visit`, one after another. All happens within `write`: what an entry holds is taken, or
 * passed over, as it comes, and errors are thrown through it.
 */
async function walk(
  pieces: AsyncIterable<Buffer>,
  name: string,
  visit: (entry: ReadEntry) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parser = new Parser({ strict: true, maxMetaEntrySize: longestMeta });
  let ended = false;
  parser.on("entry", (entry: ReadEntry) => {
    visit(entry);
    entry.resume();
  });
  // What the parser passes over by itself: names too long to be any, and types that it does not know.
  parser.on("ignoredEntry", (entry: ReadEntry) => {
    if (entry.meta) throw refused(name, "a name in it is longer than any path");
    visit(entry);
  });
  let meta = 0;
  parser.on("meta", (text: string) => {
    meta += text.length;
    if (meta > mostMeta) throw refused(name, `its names alone take more than ${mostMeta} bytes`);
  });
  parser.on("eof", () => {
    ended = true;
  });
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    // Behind its end a tar may have zeros or anything: the parser would keep all of it, while gzip has yet to check its sum.
    if (!ended) parser.write(piece);
  }
  parser.end();
}

function writeTo(target: string, entry: ReadEntry, files: Set<number>): void {
  const file = openSync(target, "wx");
  files.add(file);
  entry.on("data", (piece: Buffer) => {
    for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done);
  });
  entry.on("end", () => {
    closeSync(file);
    files.delete(file);
  });
}

/** What an entry is; GNU's old "contiguous" files are files. */
function kindOf({ type }: ReadEntry): Parameters<EntryList["add"]>[2] {
  switch (type) {
    case "File":
    case "OldFile":
    case "ContiguousFile":
      return "file";
    case "Directory":
      return "folder";
    case "Link":
    case "SymbolicLink":
      return { other: "link" };
    case "CharacterDevice":
    case "BlockDevice":
    case "FIFO":
      return { other: "device" };
    default:
      return { other: `special entry (${type})` };
  }
}
