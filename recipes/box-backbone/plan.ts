import { derived } from "../../src/core/random.ts";
import { shardRows, shardsOf } from "./teacher.ts";
import type { Source, View } from "./views.ts";

/** A view, and how much of it an epoch takes. */
export interface PlannedView extends View {
  /** Share of its shards. */
  readonly share: number;
  /** Its windows are drawn so many times anew, then they come round again. */
  readonly cycles: number;
}

/** What an epoch looks at: pictures as they are, small ones stretched, and crops of photos with their own detail. */
export const views: readonly PlannedView[] = [
  {
    ...{ name: "tiny64", pictures: "tiny", side: 64, teacherSide: 128 },
    ...{ area: [0.4, 1], blurred: 0.15, crops: 1, share: 1, cycles: 1 },
  },
  {
    ...{ name: "tiny96", pictures: "tiny", side: 96, teacherSide: 192 },
    ...{ area: [0.4, 1], blurred: 0.5, crops: 1, share: 0.25, cycles: 1 },
  },
  {
    ...{ name: "photos128", pictures: "photos", side: 128, teacherSide: 256 },
    ...{ area: [0.15, 1], blurred: 0.15, crops: 2, share: 1, cycles: 1 },
  },
];

export type Sources = Readonly<Record<View["pictures"], readonly Source[]>>;

/** A shard that an epoch goes through. */
export interface Portion {
  readonly view: PlannedView;
  readonly cycle: number;
  readonly shard: number;
}

/** The shards of an epoch in an order of their own, views mixed. */
export function portions(
  used: readonly PlannedView[],
  sources: Sources,
  epoch: number,
  seed: number,
): readonly Portion[] {
  const all = used.flatMap((view) => {
    const count = shardsOf(view, sources[view.pictures]);
    const taken = Math.round(count * view.share);
    // Of a view that is taken in part, the next part in the next round.
    const first = Math.floor(epoch / view.cycles) * taken;
    return Array.from({ length: taken }, (_, i) => ({
      view,
      cycle: epoch % view.cycles,
      shard: (first + i) % count,
    }));
  });
  return derived(seed, 7, epoch).shuffle(all);
}

/** Whole batches in a shard, of which only a view's last is short. */
export function stepsIn({ view, shard }: Portion, sources: Sources, batch: number): number {
  const rows = sources[view.pictures].length * view.crops;
  return Math.floor(Math.min(shardRows, rows - shard * shardRows) / batch);
}
