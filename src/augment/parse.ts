import { closest } from "../core/closest.ts";
import { UsageError } from "../core/errors.ts";
import { type PresetName, presetNames, presets } from "./presets.ts";
import type { AugmentationSpec } from "./spec.ts";
import { type Amount, type Argument, type Word, words } from "./words.ts";

type Field = keyof AugmentationSpec;

const fields = Object.keys(words) as readonly Field[];

const grammar =
  `Augmentation is ${presetNames.join(", ")}, or words with commas between: ` +
  `${fields.map((field) => usage(words[field])).join(", ")}. ` +
  'Words after a preset change it: "standard,rotate:30,no-flip".';

/** "standard", "flip,rotate:20,crop:0.6-1", "strong,no-cutmix" and the like. Throws UsageError with the closest form. */
export function parseAugmentation(text: string): AugmentationSpec {
  const [first = "", ...others] = text
    .trim()
    .toLowerCase()
    .split(",")
    .map((word) => word.trim());
  const preset = presetNames.find((name) => name === first);
  const spec: { -readonly [K in Field]?: unknown } = { ...(preset && presets[preset]) };
  const seen = new Set<Field>();
  for (const word of preset ? others : [first, ...others]) {
    const isOff = word.startsWith("no-");
    const [name = "", ...given] = word.slice(isOff ? 3 : 0).split(":");
    const field = fields.find((each) => words[each].word === name);
    if (field === undefined) throw unknownWord(word, name, text);
    if (seen.has(field)) throw augmentError(`'${name}' stands twice.`, text, formatWord(field, undefined));
    seen.add(field);
    if (isOff && given.length > 0)
      throw augmentError(`'${shorten(word)}' takes no amount.`, text, `no-${name}`);
    delete spec[field];
    const value = isOff ? undefined : readValue(field, given, word, text);
    if (value !== undefined) spec[field] = value;
  }
  return spec as AugmentationSpec;
}

/** The inverse of `parseAugmentation`, every word spelled out; "none" where nothing is on. */
export function formatAugmentation(spec: AugmentationSpec): string {
  const on = fields.filter((field) => isOn(spec[field]));
  return on.length === 0 ? "none" : on.map((field) => formatWord(field, spec[field])).join(",");
}

/** Throws UsageError where a specification that a program wrote has fields or amounts that cannot be meant. */
export function checkAugmentation(spec: AugmentationSpec): void {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec))
    throw augmentError(`augment is ${shown(spec)}, no text and no object.`, shown(spec), undefined);
  for (const name of Object.keys(spec)) {
    if (fields.some((field) => field === name)) continue;
    const [meant] = closest(name, fields);
    const next = meant === undefined ? `Choose ${fields.join(", ")}.` : `Closest: ${meant}.`;
    const what = `augment.${name} is no augmentation.`;
    throw new UsageError({ what, why: grammar, next }, { option: "augment", value: name });
  }
  for (const field of fields) {
    const value: unknown = spec[field];
    if (value === undefined) continue;
    const word = wordOf(field);
    const isFlag = word.arguments.length === 0;
    const isObject = typeof value === "object" && value !== null;
    const isForm = isFlag
      ? value === true
      : Array.isArray(word.example[0]) || word.arguments.length > 1
        ? isObject
        : typeof value === "number";
    if (!isForm) {
      const what = `augment.${field}: ${shown(value)} is not what it takes${isFlag ? ": true, or nothing" : ""}.`;
      throw augmentError(what, shown(value), formatWord(field, undefined));
    }
    for (const [i, amount] of word.amounts(value).entries()) {
      const argument = word.arguments[i];
      if (argument !== undefined && !isWithin(amount, argument)) {
        const what = `augment.${field}: ${formatAmount(amount)} is no ${describe(argument)}.`;
        throw augmentError(what, formatWord(field, spec[field]), formatWord(field, undefined));
      }
    }
  }
}

/** The row of a field, its value untyped: the amounts of any field are read and written the same way. */
function wordOf(field: Field): Word<unknown> {
  return words[field] as Word<unknown>;
}

function readValue(field: Field, given: readonly string[], word: string, text: string): unknown {
  const row = wordOf(field);
  const { arguments: args } = row;
  const amounts = args.map((argument, i) => {
    const amount = given[i] === undefined ? argument.usual : readAmount(given[i], argument);
    if (amount !== undefined) return amount;
    const what = `'${shorten(word)}': ${argument.name} must be a ${describe(argument)}.`;
    throw augmentError(what, text, formatWord(field, undefined, given));
  });
  if (given.length > args.length) {
    throw augmentError(`'${shorten(word)}' has too many amounts.`, text, formatWord(field, undefined, given));
  }
  const value = row.make(amounts);
  return isOn(value) ? value : undefined;
}

/** 0 is off. */
function isOn(value: unknown): boolean {
  return value !== undefined && value !== 0;
}

const digits = String.raw`(\d+\.?\d*(?:e-?\d+)?|\.\d+)`;

function readAmount(text: string, argument: Argument): Amount | undefined {
  const [, ...bounds] =
    new RegExp(`^${digits}${argument.kind === "range" ? `-${digits}` : ""}$`).exec(text) ?? [];
  const [low, high] = bounds.map(Number);
  if (low === undefined) return undefined;
  const amount: Amount = high === undefined ? low : [low, high];
  return isWithin(amount, argument) ? amount : undefined;
}

function isWithin(amount: Amount, { kind, least, most, whole }: Argument): boolean {
  // A program's own amount may be anything, or missing.
  const bounds = Array.isArray(amount) ? amount : [amount];
  const [low = 0, high = low] = bounds;
  const isKind = (kind === "number") === (typeof amount === "number");
  return isKind && low >= least && low <= high && high <= most && (!whole || Number.isInteger(low));
}

function describe({ kind, least, most, whole }: Argument): string {
  if (kind === "range") return `range LOW-HIGH within ${least} to ${most}`;
  return `${whole ? "whole " : ""}number from ${least} to ${most}`;
}

/** "rotate:DEGREES", "crop:AREA[:RATIO]". */
function usage(word: Pick<Word<unknown>, "word" | "arguments">): string {
  const parts = word.arguments.map(({ name, usual }) => (usual === undefined ? `:${name}` : `[:${name}]`));
  return word.word + parts.join("");
}

/** A value as its word; without one the word's example, with those of the given amounts that are right. */
function formatWord(field: Field, value: unknown, given: readonly string[] = []): string {
  const { word, arguments: args, example, amounts } = wordOf(field);
  const list =
    value === undefined
      ? args.map((argument, i) => readRepaired(given[i] ?? "", argument) ?? example[i] ?? 0)
      : amounts(value);
  // A last amount that is the usual one need not be said.
  const said = list.filter((amount, i) => {
    const isUsual = formatAmount(args[i]?.usual ?? Number.NaN) === formatAmount(amount);
    return !(isUsual && i === list.length - 1);
  });
  return [word, ...said.map(formatAmount)].join(":");
}

/** The amount most likely meant: "0.6" for a range up to 1, "20" where it says per cent. */
function readRepaired(text: string, argument: Argument): Amount | undefined {
  const [low, high] = (text.match(/\d*\.?\d+/g) ?? []).map(Number);
  if (low === undefined) return undefined;
  const wanted: readonly Amount[] =
    argument.kind === "number"
      ? [low, low / 100, Math.round(low)]
      : [
          [low, high ?? 1],
          [high ?? 1, low],
          [low / 100, (high ?? 100) / 100],
        ];
  return wanted.find((amount) => isWithin(amount, argument));
}

function formatAmount(amount: Amount): string {
  return Array.isArray(amount) ? amount.join("-") : `${amount}`;
}

function unknownWord(word: string, name: string, text: string): UsageError {
  const preset = presetNames.find((each): each is PresetName => each === name);
  if (preset) return augmentError(`The preset '${preset}' must stand first, and only one.`, text, preset);
  const known = [...presetNames, ...fields.map((field) => words[field].word)];
  const [meant] = closest(name, known);
  const field = fields.find((each) => words[each].word === meant);
  return augmentError(
    word === "" ? "A word is empty." : `'${shorten(word)}' is no augmentation.`,
    text,
    field === undefined ? meant : formatWord(field, undefined, word.split(":").slice(1)),
  );
}

function augmentError(what: string, value: string, meant: string | undefined): UsageError {
  const next =
    meant === undefined ? 'For example: "standard", "flip,rotate:20,crop:0.6-1".' : `Closest: "${meant}".`;
  return new UsageError({ what, why: grammar, next }, { option: "augment", value });
}

function shown(value: unknown): string {
  return shorten(String(JSON.stringify(value)));
}

function shorten(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word;
}
