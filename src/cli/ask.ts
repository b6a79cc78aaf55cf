import { createInterface } from "node:readline/promises";

/** Where a question is put, and where its answer comes from. */
export interface Asking {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Whether somebody sits there: in a pipe nobody would answer, and a program would wait for ever. */
export function canAsk({ input, output }: Asking): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Puts a question; whatever is not y or yes means no, the input's end too. Throws the signal's reason. */
export async function askYesNo(
  question: string,
  { input, output }: Asking,
  signal?: AbortSignal,
): Promise<boolean> {
  // The terminal edits the line and turns Ctrl-C into a signal by itself, as it does for all commands.
  const lines = createInterface({ input, output, terminal: false });
  try {
    const ended = new Promise<string>((done) => lines.once("close", () => done("")));
    const answer = lines.question(`${question} [y/N] `, signal ? { signal } : {});
    return /^y(es)?$/i.test((await Promise.race([answer, ended])).trim());
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
