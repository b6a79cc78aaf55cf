import { type Command, InvalidArgumentError, Option } from "commander";
import { type BaseOptions, fits, normalisationNames } from "../index.ts";

/** A number typed on the command line. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It is not a number.");
  return value;
}

/** A whole number typed on the command line. */
export function whole(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("It is not a whole number.");
  return value;
}

/** A share of the data, 0 up to 1. */
export function share(text: string): number {
  const value = number(text);
  if (value < 0 || value >= 1) throw new InvalidArgumentError("Give a share from 0 up to, but not, 1.");
  return value;
}

/** What stands for "as the model has it", where an option is given base by base. */
const own = "auto";

/** The options by which a base is named and pictures are brought to it. */
function baseOptions({ several }: { readonly several: boolean }): Option[] {
  const more = several ? [own] : [];
  const of = (names: readonly string[]): string[] => [...names, ...more];
  return [
    new Option(
      "--base <handle>",
      `pretrained ONNX model: a file, a name of \`models list\`, hf:org/repo, an address (default: the backbone in the box)${several ? "; repeated: several, side by side" : ""}`,
    ),
    new Option("--preprocess <name>", "how its pictures are normalised, where its files do not say").choices(
      of(normalisationNames),
    ),
    new Option(
      "--size <pixels>",
      "side of the square that the network sees (default: the model's own)",
    ).argParser(several ? (text) => (text === own ? text : whole(text)) : whole),
    new Option(
      "--fit <how>",
      "how a picture becomes that square (default: cover, or what the model says)",
    ).choices(of(fits)),
    new Option("--cut <tensor>", "tensor to take as feature vector (default: found by looking)"),
  ];
}

/** How a base that is not here is had. */
const hubOptions = (): Option[] => [
  new Option("--offline", "touch no network (default: $TSUGIKI_OFFLINE, $HF_HUB_OFFLINE)"),
  new Option(
    "--accept-licence",
    "take a base though its licence forbids commercial use (default: refuse it)",
  ),
];

/** Adds the options of one base. */
export function withBase(command: Command): Command {
  for (const option of [...baseOptions({ several: false }), ...hubOptions()]) command.addOption(option);
  return command;
}

/** Adds the option of commands that may ask a hub. */
export function withHub(command: Command): Command {
  return command.option("--offline", "touch no network (default: $TSUGIKI_OFFLINE, $HF_HUB_OFFLINE)");
}

/** Adds the options of several bases: repeated, each is for one base after another, given once for all of them. */
export function withBases(command: Command): Command {
  for (const option of baseOptions({ several: true })) command.addOption(repeated(option));
  for (const option of hubOptions()) command.addOption(option);
  return command.addHelpText(
    "after",
    `\n--preprocess, --size, --fit and --cut given once are for every --base; repeated, for one after another,\n"${own}" leaving a base its own.`,
  );
}

/** An option that may be given again and again: its values as a list. */
function repeated(option: Option): Option {
  const { parseArg } = option;
  return option.argParser((text: string, before: unknown) => {
    const value = parseArg ? parseArg(text, undefined) : text;
    return [...(Array.isArray(before) ? before : []), value === own ? undefined : value];
  });
}

/** The options of every command. */
export function withOutput(command: Command): Command {
  return command
    .option("--json", "print JSON for machines on stdout")
    .option("-q, --quiet", "no progress and no notes");
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export type BaseFlags = Pick<
  BaseOptions,
  "base" | "preprocess" | "size" | "fit" | "cut" | "offline" | "acceptLicence"
>;

/** Examples at the end of a command's help. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}
