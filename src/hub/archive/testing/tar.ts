export interface TarInput {
  readonly name: string;
  readonly bytes?: Uint8Array;
  /** The letter that says what it is; "0", a file, where it is left out. */
  readonly type?: string;
  readonly link?: string;
  /** Overrides that make an archive that no packer would write. */
  readonly claimedSize?: number;
  readonly checksum?: number;
}

/** A tar archive in memory (POSIX.1-1988, ustar), honest unless an entry's overrides say otherwise. */
export function tar(entries: readonly TarInput[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const bytes = entry.bytes ?? new Uint8Array();
    return [header(entry, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Attributes for the entry behind them (POSIX.1-2001): each line begins with its own length. */
export function pax(attributes: Readonly<Record<string, string>>): TarInput {
  const lines = Object.entries(attributes).map(([name, value]) => {
    const rest = ` ${name}=${value}\n`;
    const length = (digits: number): number => digits + Buffer.byteLength(rest);
    const digits = [1, 2, 3, 4, 5, 6].find((count) => `${length(count)}`.length === count)!;
    return `${length(digits)}${rest}`;
  });
  return { name: "pax", type: "x", bytes: Buffer.from(lines.join("")) };
}

/** GNU's way to a name of more than 100 characters. */
export function gnuName(name: string): TarInput {
  return { name: "././@LongLink", type: "L", bytes: Buffer.from(`${name}\0`) };
}

function header({ name, type = "0", link = "", claimedSize, checksum }: TarInput, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(value.toString(8).padStart(digits, "0"), at);
  };
  block.write(name.slice(0, 100), 0);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(claimedSize ?? size, 124, 11);
  octal(0, 136, 11);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write("ustar\x0000", 257);
  octal(checksum ?? block.reduce((sum, byte) => sum + byte, 0), 148, 6);
  block[154] = 0;
  return block;
}
