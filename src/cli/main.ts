import { Command, CommanderError } from "commander";
import { TsugikiError, UsageError, version } from "../index.ts";
import { demoCommand } from "./demo.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { exportCommand, verifyCommand } from "./export.ts";
import { hubCommand } from "./hub.ts";
import { infoCommand } from "./info.ts";
import { inspectCommand } from "./inspect.ts";
import { lrFindCommand } from "./lr-find.ts";
import { modelsCommand } from "./models.ts";
import { examples } from "./options.ts";
import { predictCommand } from "./predict.ts";
import { reportCommand } from "./report.ts";
import { serveCommand } from "./serve.ts";
import { Stop } from "./stop.ts";
import { summaryCommand } from "./summary.ts";
import { clearLine } from "./terminal.ts";
import { trainCommand } from "./train.ts";
import { coloursFor } from "./view/colour.ts";
import { asTyped } from "./view/error-text.ts";
import { plainLines } from "./view/width.ts";

/** Exit codes: 0 done, 1 failed, 2 misused; a stop from outside has its own. */
const [failed, misused] = [1, 2];

const stop = new Stop().listen();

const program = new Command("tsugiki")
  .description(
    "Transfer learning: your pictures and a pretrained ONNX model in, a classifier you can run anywhere out.",
  )
  .version(version)
  .showHelpAfterError("(--help tells more)")
  .addHelpText("after", examples(["tsugiki train photos", "tsugiki predict runs/photos some-picture.jpg"]))
  .exitOverride();
for (const add of [
  demoCommand,
  trainCommand,
  lrFindCommand,
  evaluateCommand,
  predictCommand,
  explainCommand,
  reportCommand,
  exportCommand,
  verifyCommand,
  serveCommand,
  summaryCommand,
  inspectCommand,
  modelsCommand,
  hubCommand,
  infoCommand,
]) {
  add(program, stop.signal);
}
/** All commands, those within a group too. */
const commands = program.commands.flatMap((command) => [command, ...command.commands]);
for (const command of commands) command.exitOverride().showHelpAfterError("(--help tells more)");

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

/** Prints what went wrong and answers the exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused;
  clearLine(process.stderr);
  if (stop.exitCode !== undefined) return stop.exitCode;
  const { red, dim } = coloursFor(process.stderr, process.env);
  if (error instanceof TsugikiError) {
    const known = commands.flatMap(({ options }) => options.map((each) => each.attributeName()));
    const { what, why, next } = asTyped(error, new Set(known));
    const lines = [what, ...(why ? [why] : []), ...(next ? [next] : [])].map(plainLines);
    process.stderr.write(`${red("Error:")} ${lines.join("\n")}\n`);
    return error instanceof UsageError ? misused : failed;
  }
  // Not foreseen: the stack is what a report needs.
  const report = (error instanceof Error ? error.stack : undefined) ?? String(error);
  process.stderr.write(`${red("Error:")} ${plainLines(report)}\n`);
  process.stderr.write(dim("This is a bug in Tsugiki. Please report it with the lines above.\n"));
  return failed;
}
