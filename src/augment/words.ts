import { type AugmentationSpec, type Range, usualRatio } from "./spec.ts";

/** One argument of a word: a number, or a range written "low-high", within bounds. */
export interface Argument {
  readonly name: string;
  readonly kind: "number" | "range";
  readonly least: number;
  readonly most: number;
  readonly whole?: true;
  /** Taken where the argument is left out. */
  readonly usual?: Amount;
}

export type Amount = number | Range;

/** How one augmentation is written: `rotate:15`. */
export interface Word<Value> {
  readonly word: string;
  readonly arguments: readonly Argument[];
  readonly example: readonly Amount[];
  /** The value from its amounts, one an argument. */
  make(amounts: readonly Amount[]): Value;
  /** The inverse of `make`. */
  amounts(value: Value): readonly Amount[];
}

/** Every augmentation: a field of the specification without its word does not compile. */
export const words: { readonly [K in keyof AugmentationSpec]-?: Word<NonNullable<AugmentationSpec[K]>> } = {
  flip: flag("flip"),
  flipVertical: flag("flip-vertical"),
  crop: {
    word: "crop",
    arguments: [range("AREA", 0.01, 1), { ...range("RATIO", 0.1, 10), usual: usualRatio }],
    example: [[0.6, 1], usualRatio],
    make: ([area, ratio]) => ({ area: asRange(area), ratio: asRange(ratio) }),
    amounts: ({ area, ratio }) => [area, ratio],
  },
  margin: amount("margin", "PIXELS", 4096, 32),
  pad: { ...amount("pad", "PIXELS", 4096, 4), arguments: [{ ...number("PIXELS", 4096), whole: true }] },
  rotate: amount("rotate", "DEGREES", 180, 15),
  shift: amount("shift", "SHARE", 1, 0.1),
  zoom: {
    word: "zoom",
    arguments: [range("FACTOR", 0.1, 10)],
    example: [[0.8, 1.25]],
    make: ([factor]) => asRange(factor),
    amounts: (factor) => [factor],
  },
  shear: amount("shear", "DEGREES", 60, 10),
  brightness: amount("brightness", "AMOUNT", 1, 0.2),
  contrast: amount("contrast", "AMOUNT", 1, 0.2),
  saturation: amount("saturation", "AMOUNT", 1, 0.2),
  hue: amount("hue", "SHARE", 0.5, 0.05),
  erase: {
    word: "erase",
    arguments: [number("PROBABILITY", 1), { ...range("AREA", 0, 1), usual: [0.02, 0.2] }],
    example: [0.25, [0.02, 0.2]],
    make: ([probability, area]) => ({ probability: asNumber(probability), area: asRange(area) }),
    amounts: ({ probability, area }) => [probability, area],
  },
  mixup: amount("mixup", "ALPHA", 100, 0.2),
  cutmix: amount("cutmix", "ALPHA", 100, 1),
};

function number(name: string, most: number): Argument {
  return { name, kind: "number", least: 0, most };
}

function range(name: string, least: number, most: number): Argument {
  return { name, kind: "range", least, most };
}

function flag(word: string): Word<true> {
  return { word, arguments: [], example: [], make: () => true, amounts: () => [] };
}

function amount(word: string, name: string, most: number, example: number): Word<number> {
  return {
    word,
    arguments: [number(name, most)],
    example: [example],
    make: ([value]) => asNumber(value),
    amounts: (value) => [value],
  };
}

function asNumber(value: Amount | undefined): number {
  return typeof value === "number" ? value : (value?.[0] ?? 0);
}

function asRange(value: Amount | undefined): Range {
  return typeof value === "object" ? value : [value ?? 0, value ?? 0];
}
