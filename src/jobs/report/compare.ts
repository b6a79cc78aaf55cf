import { comparePaired } from "../../evaluate/paired.ts";
import type { Fact, ReportAnswer, ReportComparison } from "../../report/data.ts";
import type { Answers } from "./answers.ts";
import type { RunRecord } from "./record.ts";

/** A run as its folder has it. */
export interface ReadRun {
  readonly folder: string;
  readonly name: string;
  readonly record: RunRecord;
  /** Null where nothing was held back. */
  readonly measured: Answers | null;
}

/** Two runs on the pictures that both measured: the same id, the same content and the same truth. */
export function compareRuns(own: ReadRun, other: ReadRun): ReportComparison {
  const theirs = new Map((other.measured?.answers ?? []).map((answer) => [answer.file, answer]));
  const ours = own.measured?.answers ?? [];
  const shared = ours.flatMap((here): readonly (readonly [ReportAnswer, ReportAnswer])[] => {
    const there = theirs.get(here.file);
    const same =
      there !== undefined &&
      there.truth === here.truth &&
      other.record.hashes.get(here.file) === own.record.hashes.get(here.file);
    return same ? [[there, here]] : [];
  });
  const right = ({ right: is }: ReportAnswer): number => (is ? 1 : 0);
  const paired =
    shared.length === 0
      ? null
      : comparePaired(
          shared.map(([there]) => right(there)),
          shared.map(([, here]) => right(here)),
        );
  const changed = shared.filter(([there, here]) => there.right !== here.right);
  return {
    name: other.name,
    shared: shared.length,
    onlyHere: ours.length - shared.length,
    onlyThere: theirs.size - shared.length,
    paired,
    theirs: new Map(changed.map(([there]) => [there.file, there])),
    options: differences(other.record.options, own.record.options),
  };
}

function differences(theirs: readonly Fact[], ours: readonly Fact[]): ReportComparison["options"] {
  const [there, here] = [new Map(theirs), new Map(ours)];
  return [...new Set([...here.keys(), ...there.keys()])]
    .map((name) => ({ name, theirs: there.get(name) ?? "", ours: here.get(name) ?? "" }))
    .filter((row) => row.theirs !== row.ours);
}
