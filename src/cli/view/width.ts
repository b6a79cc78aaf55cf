const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** East Asian Wide and Fullwidth blocks (Unicode's EastAsianWidth.txt), emoji aside. */
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
const emoji = /^(\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;
const invisible = /^[\p{Cc}\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1;
}

/** Columns that a text without escape sequences takes in a terminal: 2 for East Asian wide characters and emoji. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/**
 * A text from outside (a folder's name, say) made safe for a terminal: control characters, which could move the cursor or
 * colour the screen, and marks that turn the writing direction become U+FFFD.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu, "\ufffd");
}

/** The same for a text of several lines: its line ends stay. */
export function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}

/** At most `width` columns of a text: what is over becomes "…", at the end, or at the start where the end says more. */
export function shorten(text: string, width: number, cut: "end" | "start" = "end"): string {
  if (displayWidth(text) <= width) return text;
  const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
  if (cut === "start") parts.reverse();
  const kept: string[] = [];
  let room = width - 1;
  for (const part of parts) {
    room -= graphemeWidth(part);
    if (room < 0) break;
    kept.push(part);
  }
  if (width < 1) return "";
  return cut === "start" ? `…${kept.reverse().join("")}` : `${kept.join("")}…`;
}

/** The text with spaces up to `width` columns; never shortened. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}
