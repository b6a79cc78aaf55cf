import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { type Archive, type ArchiveLimits, EntryList, entryPath, refused } from "./archive.ts";

/** A zip archive. Throws ModelArchiveError, and what yauzl throws for damage. */
export async function openZip(
  file: string,
  name: string,
  limits: ArchiveLimits,
  signal?: AbortSignal,
): Promise<Archive> {
  const entries = new Map<string, Entry>();
  const zip = await opened(file);
  try {
    if (zip.entryCount > limits.entries)
      throw refused(name, `it holds more than ${limits.entries} files and folders`);
    const list = new EntryList(name, zip.fileSize, limits);
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      if (entry.isEncrypted()) throw refused(name, `${JSON.stringify(entry.fileName)} is encrypted`);
      list.add(entry.fileName, entry.uncompressedSize, kindOf(entry));
      entries.set(entryPath(entry.fileName, name), entry);
    }
    return {
      entries: list.files,
      async unpack(targets, stop) {
        const again = await opened(file);
        try {
          for (const [path, target] of targets) await write(again, entries.get(path)!, target, stop);
        } finally {
          again.close();
        }
      },
    };
  } finally {
    zip.close();
  }
}

/** Names as they are written: a backslash is refused, not taken for a slash. */
async function opened(file: string): Promise<ZipFile> {
  const zip = await openPromise(file, { autoClose: false, strictFileNames: true });
  // Without a listener an error while closing would end the process; every read reports its own.
  zip.on("error", () => {});
  return zip;
}

/** Of a method that nobody knows the bytes are not even asked for; more than it declares yauzl does not give. */
async function write(zip: ZipFile, entry: Entry, target: string, signal?: AbortSignal): Promise<void> {
  let sum = 0;
  const stream = await zip.openReadStreamPromise(entry);
  const summed = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      sum = crc32(piece, sum);
      yield piece;
    }
  };
  await pipeline(stream, summed, createWriteStream(target, { flags: "wx" }), signal ? { signal } : {});
  if (sum !== entry.crc32) throw new Error(`the checksum of ${entry.fileName} does not match`);
}

/** Unix keeps the file's mode in the upper half of the attributes; other systems leave it 0. */
function kindOf(entry: Entry): Parameters<EntryList["add"]>[2] {
  const type = (entry.externalFileAttributes >>> 28) & 0xf;
  if (type === 0xa) return { other: "link" };
  if (![0, 0x4, 0x8].includes(type)) return { other: "device" };
  return entry.fileName.endsWith("/") ? "folder" : "file";
}
