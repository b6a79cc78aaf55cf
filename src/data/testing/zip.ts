import { crc32, deflateRawSync } from "node:zlib";

export interface ZipInput {
  readonly name: string | Uint8Array;
  readonly bytes?: Uint8Array;
  readonly store?: boolean;
  /** Overrides that make a file that no packer would write. */
  readonly flags?: number;
  readonly method?: number;
  readonly mode?: number;
  readonly crc?: number;
  readonly claimedSize?: number;
}

/** A zip archive in memory (PKWARE APPNOTE 4.3), honest unless an entry's overrides say otherwise. */
export function zip(entries: readonly ZipInput[], claimedEntries = entries.length): Uint8Array {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = typeof entry.name === "string" ? new TextEncoder().encode(entry.name) : entry.name;
    const bytes = entry.bytes ?? new Uint8Array();
    const packed = entry.store === true ? bytes : deflateRawSync(bytes);
    const method = entry.method ?? (entry.store === true ? 0 : 8);
    // Version, flags, method, time, date, crc, packed and unpacked size, length of name, of extra field.
    const common = fields([
      [2, 20],
      [2, entry.flags ?? 0x800],
      [2, method],
      [2, 0],
      [2, 0x21],
      [4, entry.crc ?? crc32(bytes)],
      [4, packed.length],
      [4, entry.claimedSize ?? bytes.length],
      [2, name.length],
      [2, 0],
    ]);
    const local = Buffer.concat([fields([[4, 0x04034b50]]), common, name, packed]);
    // Comment, disk, internal and external attributes (the Unix mode in the upper half), place of the local header.
    const rest = fields([
      [2, 0],
      [2, 0],
      [2, 0],
      [4, ((entry.mode ?? 0o100644) << 16) >>> 0],
      [4, offset],
    ]);
    central.push(
      Buffer.concat([
        fields([
          [4, 0x02014b50],
          [2, 0x0314],
        ]),
        common,
        rest,
        name,
      ]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const count = claimedEntries;
  const end = [
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, directory.length],
    [4, offset],
    [2, 0],
  ] as const;
  return Buffer.concat([...locals, directory, fields(end)]);
}

function fields(values: readonly (readonly [size: number, value: number])[]): Uint8Array {
  const bytes = Buffer.alloc(values.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of values) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}
