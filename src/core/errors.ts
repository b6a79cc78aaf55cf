/** The three parts of a message: what happened, why, and what to do next. */
export interface Message {
  readonly what: string;
  readonly why?: string;
  readonly next?: string;
}

/**
 * Root of every error that Tsugiki throws on purpose. Subclasses stand in the room they speak for, give a stable
 * `code`, and carry typed `evidence`: the values behind the message, for programs that want to act on them.
 */
export abstract class TsugikiError<Evidence extends object = object> extends Error {
  abstract readonly code: string;
  readonly parts: Message;
  readonly evidence: Evidence;

  constructor(parts: Message, evidence: Evidence, options?: ErrorOptions) {
    super([parts.what, parts.why, parts.next].filter(Boolean).join(" "), options);
    this.name = new.target.name;
    this.parts = parts;
    this.evidence = evidence;
  }
}

/** An option or argument that cannot mean anything: the command line exits with 2 on it, not 1. */
export class UsageError extends TsugikiError<{ readonly option: string; readonly value: unknown }> {
  override readonly code = "USAGE";
}

/** The message of whatever was thrown, for wrapping a library's error in one of ours. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
