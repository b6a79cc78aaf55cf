import picocolors from "picocolors";

/** picocolors' functions; each returns its text unchanged where colour is off. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/**
 * Colours for a stream: off with NO_COLOR (https://no-color.org), on with FORCE_COLOR (0 and false mean off), else on
 * where the stream is a terminal that is not "dumb".
 */
export function coloursFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Colours {
  return picocolors.createColors(enabled(stream, env));
}

function enabled(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}
