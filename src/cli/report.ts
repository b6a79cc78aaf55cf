import { spawn } from "node:child_process";
import type { Command } from "commander";
import { bytes, count, decimal, integer, percentage } from "../core/words.ts";
import { isOfLabels, type ReportOptions, type ReportResult, report } from "../index.ts";
import { examples, type OutputOptions, whole, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";

type Flags = OutputOptions & Pick<ReportOptions, "compare" | "out" | "heatMaps"> & { readonly open?: true };

/** `tsugiki report RUN` */
export function reportCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("report")
    .summary("a run as one page to look at")
    .description(
      "Writes a run as one HTML page that needs nothing else: what it gets wrong, with the pictures, how sure it is, how " +
        "it learnt, and all that is needed to do it again. Training ends with one already.",
    )
    .argument("<run>", "a run's folder, or its model.onnx")
    .option("--compare <runs...>", "set other runs beside it, on the pictures that both were measured on")
    .option("--out <file>", "the page's file (default: report.html in the run's folder)")
    .option("--heat-maps <number>", "pictures shown with where it looked (default: 8)", whole)
    .option("--open", "open it in the browser");
  withOutput(command)
    .addHelpText(
      "after",
      examples([
        "tsugiki report runs/flowers --open",
        "tsugiki report runs/flowers --compare runs/flowers-2 --out flowers.html",
      ]),
    )
    .action(async (run: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const result = await report({ ...flags, run, signal });
      if (result.dataGone !== null)
        terminal.warn(`its pictures could not be found, so none are shown: ${result.dataGone}`);
      else if (result.lost.length > 0)
        terminal.warn(`${count(result.lost.length, "picture")} could not be found again, shown by name.`);
      terminal.say(reportText(result));
      terminal.emit(result);
      if (flags.open)
        await openFile(result.file).catch((error: Error) => terminal.warn(`not opened: ${error.message}`));
    });
}

function reportText({ file, bytes: size, pictures, shown, comparisons, evaluation }: ReportResult): string {
  const lines = comparisons.map(({ name, shared, paired }) => {
    if (paired === null) return `Against ${name}: no picture is shared.`;
    const { difference, interval, pValue, gained, lost } = paired;
    const points = (share: number): string => `${share < 0 ? "" : "+"}${decimal(100 * share, 1)}`;
    return (
      `Against ${name}, on ${count(shared, "picture")}: ${points(difference)} points ` +
      `(95 % interval ${points(interval[0])} to ${points(interval[1])}, McNemar p ${decimal(pValue)}); ` +
      `${integer(gained.length)} now right, ${integer(lost.length)} now wrong`
    );
  });
  const what = evaluation === null ? [] : [figure(evaluation)];
  return [
    ...what,
    ...lines,
    `${file}  (${bytes(size)}, ${integer(shown)} of ${count(pictures, "picture")} shown)`,
  ].join("\n");
}

function figure(evaluation: NonNullable<ReportResult["evaluation"]>): string {
  if (isOfLabels(evaluation))
    return `mAP ${decimal(evaluation.meanAveragePrecision ?? 0)} on ${count(evaluation.n, "picture")}`;
  const [low, high] = evaluation.interval;
  return `${percentage(evaluation.accuracy)} right (95 % interval ${percentage(low)} to ${percentage(high)}) on ${count(evaluation.n, "picture")}`;
}

/** Hands a file to the system's opener, which goes on by itself. Throws where there is none. */
async function openFile(file: string): Promise<void> {
  const [command, ...before] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", ""]
        : ["xdg-open"];
  const opener = spawn(command!, [...before, file], { detached: true, stdio: "ignore" });
  await new Promise<void>((done, fail) => {
    opener.once("spawn", done);
    opener.once("error", fail);
  });
  opener.unref();
}
