import type { Command } from "commander";
import { finish, type Inspection, type InspectOptions, inspect, type Part } from "../index.ts";
import { examples, type OutputOptions, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { count, decimal, integer } from "./view/format.ts";
import { table } from "./view/table.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions & Pick<InspectOptions, "layout">;

/** `tsugiki inspect DATA` */
export function inspectCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("inspect")
    .summary("look at labelled pictures before training on them")
    .description(
      "Reads every picture and tells what is there: classes, sizes, files that cannot be read, twins.",
    )
    .argument("<data>", "folder, zip archive or list of labelled pictures")
    .option("--layout <name>", "how the data is laid out (default: found by looking)");
  withOutput(command)
    .addHelpText("after", examples(["tsugiki inspect photos", "tsugiki inspect photos.zip --json"]))
    .action(async (data: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const result = await finish(inspect({ ...flags, data, signal }), ({ done, total }) =>
        terminal.progress("Looking", done, total),
      );
      terminal.say(inspectionView(result));
      terminal.emit(result);
    });
}

/** Longer lists are for --json. */
const shown = 10;

function inspectionView(result: Inspection): string {
  const { path, layout, pictures, classes, labels, sides, unreadable, ignored, twins } = result;
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
    `${count(unreadable.length, "picture")} cannot be read:`,
    unreadable.map(({ file, reason }) => `${file}: ${reason}`),
  );
  list(
    `${count(ignored.length, "file was", "files were")} passed over:`,
    ignored.map((one) => `${one.path}: ${one.reason}`),
  );
  const across = twins.filter(({ acrossParts, acrossClasses }) => acrossParts || acrossClasses);
  list(
    `${count(across.length, "group of twins reaches", "groups of twins reach")} across parts or classes, which flatters the figures or contradicts itself:`,
    across.map(({ files }) => files.join("  =  ")),
  );
  const within = twins.filter((group) => !across.includes(group));
  list(
    `${count(within.length, "group of twins", "groups of twins")} within one class:`,
    within.map(({ files }) => files.join("  =  ")),
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
