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

/** The options by which a base is named and pictures are brought to it. */
export function withBase(command: Command): Command {
  return command
    .option("--base <file>", "pretrained ONNX model (default: the backbone in the box)")
    .addOption(
      new Option(
        "--preprocess <name>",
        "how its pictures are normalised, where its files do not say",
      ).choices(normalisationNames),
    )
    .option("--size <pixels>", "side of the square that the network sees (default: the model's own)", whole)
    .addOption(
      new Option(
        "--fit <how>",
        "how a picture becomes that square (default: cover, or what the model says)",
      ).choices(fits),
    )
    .option("--cut <tensor>", "tensor to take as feature vector (default: found by looking)");
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

export type BaseFlags = Pick<BaseOptions, "base" | "preprocess" | "size" | "fit" | "cut">;

/** Examples at the end of a command's help. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}
