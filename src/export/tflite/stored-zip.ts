/** A file in an archive. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** CRC-32 of a byte, the polynomial of ISO 3309 reflected; that of many bytes is looked up byte by byte. */
const crcs = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = crcs[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Number16or32 = readonly [size: 2 | 4, value: number];
const u16 = (value: number): Number16or32 => [2, value];
const u32 = (value: number): Number16or32 => [4, value];

function record(...numbers: readonly Number16or32[]): Uint8Array {
  const bytes = new Uint8Array(numbers.reduce((length, [size]) => length + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of numbers) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Version 2.0 of the format; names are UTF-8 (bit 11); stored, not compressed; 1 January 1980, the first day it knows. */
const common = [u16(20), u16(1 << 11), u16(0), u16(0), u16(0x21)] as const;

/**
 * A file with a zip archive behind it, which unzip tools find from the end. Source: PKWARE's APPNOTE.TXT, 4.3.7
 * (local header), 4.3.12 (central directory) and 4.3.16 (its end). No zip64: files and archive stay under 4 GiB.
 */
export function withArchive(file: Uint8Array, archived: readonly ArchivedFile[]): Uint8Array {
  const locals: Uint8Array[] = [file];
  const directory: Uint8Array[] = [];
  let at = file.length;
  for (const { name: text, bytes } of archived) {
    const name = new TextEncoder().encode(text);
    const about = [
      ...common,
      u32(crc32(bytes)),
      u32(bytes.length),
      u32(bytes.length),
      u16(name.length),
      u16(0),
    ];
    const local = [record(u32(0x04034b50), ...about), name, bytes];
    locals.push(...local);
    // The comment's length, the disk's number, two words of attributes, and where the local header stands.
    const further = [u16(0), u16(0), u16(0), u32(0), u32(at)];
    directory.push(record(u32(0x02014b50), u16(20), ...about, ...further), name);
    at += local.reduce((length, chunk) => length + chunk.length, 0);
  }
  const size = directory.reduce((length, chunk) => length + chunk.length, 0);
  const count = u16(archived.length);
  const end = record(u32(0x06054b50), u16(0), u16(0), count, count, u32(size), u32(at), u16(0));
  return concatenated([...locals, ...directory, end]);
}
