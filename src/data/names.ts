/** Compares by Unicode code point; JavaScript's own `<` compares UTF-16 units and puts 𠮷 before ﬁ. */
export function byCodePoint(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Lifts surrogates (they stand for code points from 0x10000) over the rest of the basic plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** A folder's or a list's name of a class as a label: macOS writes é as two code points, others as one; one class. */
export function toLabel(name: string): string {
  return name.normalize("NFC");
}

const pictures = new Set(["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "avif", "tif", "tiff"]);
const unreadable = new Set([
  "bmp",
  "heic",
  "heif",
  "svg",
  "psd",
  "jp2",
  "jxl",
  "ico",
  "dng",
  "cr2",
  "nef",
  "pdf",
]);

/** The last part of a path. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A file name's ending in lower case without its dot; "" where there is none. */
export function extension(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** Whether the name is that of a picture in a format that is read. */
export function isPictureName(path: string): boolean {
  return pictures.has(extension(path));
}

/** Whether the name is that of a list of pictures. */
export function isListName(path: string): boolean {
  return ["csv", "tsv", "jsonl", "ndjson"].includes(extension(path));
}

/** Why a file that is not a picture to us is passed over. */
export function strayReason(path: string): string {
  const ending = extension(path);
  if (!unreadable.has(ending)) return "no picture";
  return `${ending.toUpperCase()} is not read: convert it to JPEG or PNG`;
}

/** Names that file managers leave behind: hidden files, thumbnails, archives' shadows. */
export function isHiddenName(name: string): boolean {
  return (
    name.startsWith(".") ||
    name === "__MACOSX" ||
    /^(thumbs\.db|desktop\.ini|@eadir|\$recycle\.bin)$/i.test(name)
  );
}

/** Some names for a message: `"a", "b" and 3 more`. */
export function someNames(names: readonly string[], shown = 5): string {
  const quoted = names.slice(0, shown).map((name) => JSON.stringify(name));
  const rest = names.length - quoted.length;
  return rest > 0 ? `${quoted.join(", ")} and ${rest} more` : quoted.join(", ");
}
