/** Formats that are decoded, and those that are recognised only to say what to do about them. */
export type PictureFormat = "jpeg" | "png" | "gif" | "webp" | "tiff" | "avif";
export type OtherFormat = "bmp" | "heic" | "svg" | "pdf" | "jxl" | "zip" | "gzip" | "html";

const formats: ReadonlySet<string> = new Set(["jpeg", "png", "gif", "webp", "tiff", "avif"]);

/** Whether the decoder takes this format. */
export function isDecoded(format: PictureFormat | OtherFormat | undefined): format is PictureFormat {
  return format !== undefined && formats.has(format);
}

/** The format by the file's first bytes; its name is not trusted. undefined: none that is known. */
export function sniff(bytes: Uint8Array): PictureFormat | OtherFormat | undefined {
  const text = (start: number, end: number): string => String.fromCharCode(...bytes.subarray(start, end));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (text(0, 4) === "GIF8") return "gif";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "webp";
  if (["II*\0", "MM\0*", "II+\0", "MM\0+"].includes(text(0, 4))) return "tiff";
  if (text(4, 8) === "ftyp")
    return brandsOf(text(8, 64)).some((brand) => /^avi[fs]$/.test(brand)) ? "avif" : "heic";
  if (text(0, 2) === "BM") return "bmp";
  if (text(0, 4) === "%PDF") return "pdf";
  if (text(0, 2) === "PK") return "zip";
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  if (text(0, 2) === "\xff\x0a" || text(4, 8) === "JXL ") return "jxl";
  const start = text(0, 256).trimStart().toLowerCase();
  if (start.startsWith("<svg") || (start.startsWith("<?xml") && start.includes("<svg"))) return "svg";
  return start.startsWith("<!doctype html") || start.startsWith("<html") ? "html" : undefined;
}

/** The four-letter brands of an ISO media file's first box: the main one, a version, then the compatible ones. */
function brandsOf(text: string): string[] {
  return text.match(/[\s\S]{4}/g) ?? [];
}

/**
 * Width and height from a JPEG's start-of-frame segment (ITU-T T.81, B.2.2), as stored; undefined where there is none to
 * be found. Asking the decoder for them costs a seventh of decoding a small picture.
 */
export function jpegSides(
  bytes: Uint8Array,
): { readonly width: number; readonly height: number } | undefined {
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    // SOF0 to SOF15, but for the tables DHT (C4), JPG (C8) and DAC (CC) that stand among them.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: word(at + 5), width: word(at + 7) };
    // A marker may be preceded by any number of fill bytes.
    at += marker === 0xff ? 1 : 2 + word(at + 2);
  }
  return undefined;
}
