import type { Command } from "commander";
import { count, decimal, integer } from "../core/words.ts";
import {
  type BasesOptions,
  finish,
  type Inspection,
  type InspectOptions,
  inspect,
  type Part,
} from "../index.ts";
import { bringBases } from "./bring.ts";
import { examples, type OutputOptions, withBases, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { curveView, findingsView } from "./view/findings.ts";
import { table } from "./view/table.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions &
  BasesOptions &
  Pick<
    InspectOptions,
    "layout" | "outliers" | "features" | "learningCurve" | "csv" | "apply" | "out" | "cache"
  > & {
    readonly drop?: readonly string[];
  };

/** `tsugiki inspect DATA` */
export function inspectCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("inspect")
    .summary("look at labelled pictures before training on them")
    .description(
      "Reads every picture and tells what is there and what may be wrong: duplicates across parts and classes, blank, " +
        "dark, blurred and tiny pictures, imbalance; with --features or a --base also labels that are probably wrong, " +
        "outliers, cropped copies, classes that look alike and folders that are probably none.",
    )
    .argument("<data>", "folder, zip archive or list of labelled pictures")
    .option("--layout <name>", "how the data is laid out (default: found by looking)")
    .option("--outliers <class>", "the class whose pictures are none of the others")
    .option("--features", "look at features too: of the backbone in the box, or of --base")
    .option("--learning-curve", "measure what more pictures would give, from features")
    .option("--csv <file>", "write the findings as a table")
    .option("--out <folder>", "for doctor.json, and learning-curve.svg where it was measured")
    .option("--apply <file>", "write a list of the pictures without the bad ones, to train on; pictures stay")
    .option(
      "--drop <kinds>",
      "what that list leaves out besides unreadable, blank and duplicate-across-parts: kinds with commas between them",
      (text: string) => text.split(",").map((kind) => kind.trim()),
    )
    .option("--cache <folder>", "where features are kept");
  withOutput(withBases(command))
    .addHelpText(
      "after",
      examples([
        "tsugiki inspect photos",
        "tsugiki inspect photos --features --csv findings.csv",
        "tsugiki inspect photos --base mobilenet.onnx --learning-curve --out doctor",
        "tsugiki inspect photos --features --apply clean.csv --drop suspect-label,outlier",
      ]),
    )
    .action(async (data: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      await bringBases(flags, terminal, signal);
      const result = await finish(inspect({ ...flags, data, signal }), (event) => {
        if (event.type === "inspecting") terminal.progress("Looking", event.done, event.total);
        else if (event.type === "features") terminal.progress("Features", event.done, event.total);
        else if (event.type === "heads")
          terminal.progress("Heads", event.done, event.total, { unit: "heads" });
      });
      terminal.say(inspectionView(result));
      terminal.emit(result);
    });
}

/** Longer lists are for --json. */
const shown = 10;

function inspectionView(result: Inspection): string {
  const { path, layout, pictures, classes, labels, sides, ignored } = result;
  const parts = (["train", "val", "test"] as const).filter((part) => classes.some((one) => one.parts[part]));
  const kinds = labels
    ? `${count(classes.length, "label")}, several at once`
    : count(classes.length, "class", "classes");
  const lines = [
    `${path}: ${count(pictures, "picture")} of ${kinds} (${layout})`,
    ...(labels
      ? [
          `${decimal(labels.mean, 1)} labels a picture on average, ${count(labels.none, "picture")} without any`,
        ]
      : []),
    ...(sides
      ? [
          `Sides from ${integer(sides.shortest)} to ${integer(sides.longest)} pixels, half of them under ${integer(sides.median)}`,
        ]
      : []),
    "",
    classTable(classes, parts),
  ];
  const list = (title: string, rows: readonly string[]): void => {
    if (rows.length === 0) return;
    lines.push("", title, ...rows.slice(0, shown).map((row) => `  ${plain(row)}`));
    if (rows.length > shown) lines.push(`  … and ${integer(rows.length - shown)} more (--json lists all)`);
  };
  list(
    `${count(ignored.length, "file was", "files were")} passed over:`,
    ignored.map((one) => `${one.path}: ${one.reason}`),
  );
  const { findings, base, learningCurve, written, left } = result;
  lines.push("", findings.length > 0 ? findingsView(findings) : "Nothing was found to be wrong.");
  if (learningCurve) lines.push("", curveView(learningCurve));
  if (base === null) {
    lines.push(
      "",
      "Without features: add --features to look for wrong labels, outliers, cropped copies and classes that look alike.",
    );
  }
  if (written.length > 0) lines.push("", ...written.map((file) => `Wrote ${plain(file)}`));
  if (left)
    lines.push(
      `The list keeps ${count(left.kept, "picture")} and leaves out ${integer(left.dropped)} (${left.kinds.join(", ")})`,
    );
  return lines.join("\n");
}

function classTable(classes: Inspection["classes"], parts: readonly Part[]): string {
  const most = Math.max(...classes.map((one) => one.pictures));
  return table(
    [{ title: "Class" }, { title: "Pictures" }, ...parts.map((title) => ({ title })), { title: "" }],
    classes.map((one) => [
      one.name,
      one.pictures,
      ...parts.map((part) => one.parts[part] ?? 0),
      "#".repeat(Math.max(1, Math.round((20 * one.pictures) / most))),
    ]),
  );
}
