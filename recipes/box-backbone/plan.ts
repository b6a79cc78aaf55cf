import { derived } from "../../src/core/random.ts";
import { type Architecture, narrow, wide } from "./student.ts";
import { shardRows, shardsOf } from "./teacher.ts";
import { picturesOf, type Sides, type Source, type Sources, type View } from "./views.ts";

/** Who is taught, what an epoch looks at, and how large. */
export interface Course {
  readonly student: Architecture;
  readonly sides: Sides;
  readonly views: readonly View[];
}

/** At the size that the student will be asked at. */
const large = {
  sides: { student: 112, teacher: 224 },
  views: [
    { name: "large", pictures: "photos", area: [0.3, 1], windows: 1 },
    { name: "stretched", pictures: "tiny", area: [1, 1], windows: 1, most: 6400 },
    { name: "tiny", pictures: "tiny", area: [1, 1], windows: 1, most: 12_800, through: 32 },
  ],
} as const;

/**
 * The first course is small and long, the second large, the third mends what `narrow.ts` took away. In all of them the
 * teacher sees twice the student's side: the last places of both networks are as many of a picture's.
 */
export const courses = {
  small: {
    student: wide,
    sides: { student: 64, teacher: 128 },
    views: [
      { name: "whole", pictures: "tiny", area: [1, 1], windows: 1 },
      { name: "windows", pictures: "photos", area: [0.15, 1], windows: 3 },
    ],
  },
  large: { student: wide, ...large },
  narrow: { student: narrow, ...large },
} as const satisfies Readonly<Record<string, Course>>;

/** A shard that an epoch goes through. */
export interface Portion {
  readonly view: View;
  readonly shard: number;
}

/** The shards of an epoch in an order of their own, views mixed. */
export function portions(
  used: readonly View[],
  sources: Sources,
  epoch: number,
  seed: number,
): readonly Portion[] {
  const all = used.flatMap((view) =>
    Array.from({ length: shardsOf(view, picturesOf(view, sources)) }, (_, shard) => ({ view, shard })),
  );
  return derived(seed, 7, epoch).shuffle(all);
}

/** Rows of a shard, of which only a view's last is short. */
export function rowsIn(view: View, sources: readonly Source[], shard: number): number {
  return Math.min(shardRows, sources.length * view.windows - shard * shardRows);
}

/** Whole batches in a shard. */
export function stepsIn({ view, shard }: Portion, sources: Sources, batch: number): number {
  return Math.floor(rowsIn(view, picturesOf(view, sources), shard) / batch);
}
