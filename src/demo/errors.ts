import { TsugikiError } from "../core/errors.ts";

/** A package of emoji drawings is missing, or lacks a drawing that the demo needs. */
export class EmojiSetError extends TsugikiError<{ readonly package: string }> {
  override readonly code = "EMOJI_SET";
}
