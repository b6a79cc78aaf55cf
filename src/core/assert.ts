/** Raised where Tsugiki itself is wrong, never for bad input. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

/** Narrows `condition`; a failure is a bug in Tsugiki. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(`${message} (a bug in Tsugiki: please report it)`);
}

/** Ends an exhaustive switch: a forgotten case is a type error, a value from outside the type a thrown one. */
export function assertNever(value: never): never {
  throw new InternalError(`unexpected value ${JSON.stringify(value)} (a bug in Tsugiki: please report it)`);
}
