import { UsageError } from "../core/errors.ts";
import { listOf } from "../core/list.ts";
import type { Strategy } from "../train/network/fine-tune.ts";
import type { BaseOptions } from "./base-node.ts";

/** One base, or several side by side: each field a value for all of them, or a list with an entry a base, in order. */
export type BasesOptions = {
  readonly [Field in keyof BaseOptions]: BaseOptions[Field] | readonly BaseOptions[Field][];
};

/** The options of each base. Throws UsageError where a list has another length than the bases' own. */
export function basesOf({
  base,
  preprocess,
  size,
  fit,
  cut,
  offline,
  acceptLicence,
}: BasesOptions): readonly BaseOptions[] {
  const bases = listOf(base);
  if (bases.length === 0) {
    throw new UsageError(
      { what: "The list of bases is empty.", next: "Leave it out for the backbone in the box." },
      { option: "base", value: [] },
    );
  }
  const each = <T>(option: string, value: T | readonly T[]): readonly (T | undefined)[] => {
    const given = listOf(value);
    if (given.length === bases.length) return given;
    if (given.length === 1) return bases.map(() => given[0]);
    throw counts(option, given, bases.length);
  };
  const [ways, sizes, fits, cuts] = [
    each("preprocess", preprocess),
    each("size", size),
    each("fit", fit),
    each("cut", cut),
  ];
  const [offlines, accepts] = [each("offline", offline), each("accept-licence", acceptLicence)];
  return bases.map((own, i) => ({
    base: own,
    preprocess: ways[i],
    size: sizes[i],
    fit: fits[i],
    cut: cuts[i],
    ...(offlines[i] !== undefined && { offline: offlines[i] }),
    ...(accepts[i] !== undefined && { acceptLicence: accepts[i] }),
  }));
}

function counts(option: string, given: readonly unknown[], bases: number): UsageError {
  return new UsageError(
    {
      what: `--${option} is given ${given.length} times, for ${bases === 1 ? "one base" : `${bases} bases`}.`,
      why: "Given once it is for every base, repeated it is for one base after another.",
      next:
        bases === 1
          ? "Give it once, or repeat --base as well."
          : `Give it once or ${bases} times; 'auto' leaves a base its own.`,
    },
    { option, value: given },
  );
}

/** Throws UsageError for strategies that train a base, where there are several. */
export function refuseSeveral(bases: readonly BaseOptions[], strategy: Strategy): void {
  if (bases.length === 1 || strategy === "features") return;
  throw new UsageError(
    {
      what: `--strategy ${strategy} trains one base, and there are ${bases.length}.`,
      next: "Choose one --base, or leave out --strategy: the head is trained on several.",
    },
    { option: "base", value: bases.map(({ base }) => base) },
  );
}
