import { withEntities } from "../core/entities.ts";

/** Text that is HTML already: what `html` makes of a template, and nothing else. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: texts and numbers are escaped, HTML stays, lists are joined, nothing stays nothing. */
type Piece = string | number | Html | undefined | readonly Piece[];

/**
 * A text made safe between tags and inside quoted attributes. Control characters and marks that turn the writing
 * direction become U+FFFD: in a file's name they could make a picture pass for another.
 */
export function escaped(text: string): string {
  return withEntities(text).replace(/[^\P{Cc}\t\n]|[\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu, "\ufffd");
}

/** HTML from a template whose values are escaped; attributes must stand in quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? textOf(values[i]) : "")).join(""));
}

/** HTML written by code of this house (a drawing, a style); never what came from outside. */
export function trusted(text: string): Html {
  return new Html(text);
}

function textOf(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "string") return escaped(piece);
  if (typeof piece === "number") return String(piece);
  return piece.map(textOf).join("");
}
