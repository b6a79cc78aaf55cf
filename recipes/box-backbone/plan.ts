import { derived } from "../../src/core/random.ts";
import { shardRows, shardsOf } from "./teacher.ts";
import type { Source, View } from "./views.ts";

/** What an epoch looks at: small pictures whole, and windows of photos. */
export const views: readonly View[] = [
  { name: "whole", pictures: "tiny", area: [1, 1], windows: 1 },
  { name: "windows", pictures: "photos", area: [0.15, 1], windows: 3 },
];

export type Sources = Readonly<Record<View["pictures"], readonly Source[]>>;

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
    Array.from({ length: shardsOf(view, sources[view.pictures]) }, (_, shard) => ({ view, shard })),
  );
  return derived(seed, 7, epoch).shuffle(all);
}

/** Rows of a shard, of which only a view's last is short. */
export function rowsIn(view: View, sources: readonly Source[], shard: number): number {
  return Math.min(shardRows, sources.length * view.windows - shard * shardRows);
}

/** Whole batches in a shard. */
export function stepsIn({ view, shard }: Portion, sources: Sources, batch: number): number {
  return Math.floor(rowsIn(view, sources[view.pictures], shard) / batch);
}
