import type { TsugikiError } from "../../index.ts";

/** What a checkpoint calls otherwise than the options that decide it. */
const decidedBy: Readonly<Record<string, string>> = {
  stages: "--epochs, --unfreeze or --views",
  averageDecay: "--ema",
  augmentation: "--augment",
  batchStatistics: "--strategy",
  leastUpdates: "--epochs",
};

/** The message of an error with options as they are typed: depthDecay as --depth-decay; `known` are those there are. */
export function asTyped(
  { code, parts, evidence }: TsugikiError,
  known: ReadonlySet<string>,
): TsugikiError["parts"] {
  const typed = (name: string): string => (known.has(name) ? `--${kebab(name)}` : name);
  if (code === "USAGE" && "option" in evidence && typeof evidence.option === "string") {
    const { option } = evidence;
    const start = ["The option ", ""].find((words) => parts.what.startsWith(`${words}${option} `));
    if (start === undefined) return parts;
    const rest = parts.what.slice(start.length + option.length);
    return { ...parts, what: `${start}${option.split(" + ").map(typed).join(" + ")}${rest}` };
  }
  const [, names] = /^They differ in: (.*)\.$/.exec(parts.why ?? "") ?? [];
  if (names === undefined) return parts;
  const options = names.split(", ").map((name) => decidedBy[name] ?? typed(name));
  return { ...parts, why: `They differ in: ${[...new Set(options)].join(", ")}.` };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
