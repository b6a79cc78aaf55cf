import { text as readText } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBufferPromise } from "yauzl";
import { type ArchivedFile, withArchive } from "../../src/export/tflite/stored-zip.ts";

interface Read {
  readonly name: string;
  readonly text: string;
  readonly crc: number;
  readonly length: number;
}

/** The files of an archive, as yauzl sees them. */
async function read(bytes: Uint8Array): Promise<Read[]> {
  const zip = await fromBufferPromise(Buffer.from(bytes));
  const files: Read[] = [];
  for await (const entry of zip.eachEntry()) {
    const stream = await zip.openReadStreamPromise(entry);
    const text = await readText(stream);
    files.push({ name: entry.fileName, text, crc: entry.crc32, length: entry.compressedSize });
  }
  return files;
}

const encoder = new TextEncoder();
const texts = fc.string({ unit: "grapheme", maxLength: 300 });
// yauzl refuses names that lead out of the archive's folder.
const names = fc.string({ unit: fc.constantFrom(..."az09_花é🌱. "), minLength: 1 }).map((name) => `f${name}`);
const archives = fc.uniqueArray(fc.record({ name: names, text: texts }), { selector: ({ name }) => name });

test("what is archived behind a file is read back, and the file stays as it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), archives, async (file, entries) => {
      const archived = entries.map(({ name, text }): ArchivedFile => ({ name, bytes: encoder.encode(text) }));
      const bytes = withArchive(file, archived);
      expect(bytes.subarray(0, file.length)).toEqual(file);
      const expected = entries.map(({ name, text }, i) => {
        const { bytes: stored } = archived[i]!;
        return { name, text, crc: crc32(stored), length: stored.length };
      });
      expect(await read(bytes)).toEqual(expected);
    }),
  );
});
