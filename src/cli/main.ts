import { Command, CommanderError } from "commander";
import { TsugikiError, UsageError, version } from "../index.ts";
import { evaluateCommand } from "./evaluate.ts";
import { inspectCommand } from "./inspect.ts";
import { examples } from "./options.ts";
import { predictCommand } from "./predict.ts";
import { summaryCommand } from "./summary.ts";
import { trainCommand } from "./train.ts";
import { coloursFor } from "./view/colour.ts";

/** Exit codes: 0 done, 1 failed, 2 misused, 130 stopped by Ctrl-C as shells count it. */
const [failed, misused, interrupted] = [1, 2, 130];

const abort = new AbortController();
process.on("SIGINT", () => {
  // The second time somebody means it: what is in the cache is safe, for its files are written whole.
  if (abort.signal.aborted) process.exit(interrupted);
  process.stderr.write("\nStopping; what was computed is kept. Press Ctrl-C again to stop at once.\n");
  abort.abort();
});
process.on("SIGTERM", () => abort.abort());
// `tsugiki predict … | head` closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : failed),
);

const program = new Command("tsugiki")
  .description(
    "Transfer learning: your pictures and a pretrained ONNX model in, a classifier you can run anywhere out.",
  )
  .version(version)
  .showHelpAfterError("(--help tells more)")
  .addHelpText("after", examples(["tsugiki train photos", "tsugiki predict runs/photos some-picture.jpg"]))
  .exitOverride();
for (const add of [trainCommand, evaluateCommand, predictCommand, summaryCommand, inspectCommand]) {
  add(program, abort.signal);
}
for (const command of program.commands) command.exitOverride().showHelpAfterError("(--help tells more)");

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

/** Prints what went wrong and answers the exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused;
  if (abort.signal.aborted) return interrupted;
  const { red, dim } = coloursFor(process.stderr, process.env);
  if (error instanceof TsugikiError) {
    const { what, why, next } = error.parts;
    const lines = [`${red("Error:")} ${what}`, ...(why ? [why] : []), ...(next ? [next] : [])];
    process.stderr.write(`${lines.join("\n")}\n`);
    return error instanceof UsageError ? misused : failed;
  }
  // Not foreseen: the stack is what a report needs.
  process.stderr.write(`${red("Error:")} ${error instanceof Error ? error.stack : String(error)}\n`);
  process.stderr.write(dim("This is a bug in Tsugiki. Please report it with the lines above.\n"));
  return failed;
}
