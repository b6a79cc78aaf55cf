import type { Block } from "../../surgery/blocks.ts";

/** Weights that learn at one rate. */
export interface WeightGroup {
  readonly name: string;
  readonly weights: readonly string[];
  /** Multiplies the learning rate. */
  readonly rate: number;
}

/** The base is parted into this many groups by depth, as fastai does. */
const depthGroups = 3;

/**
 * The head at the full rate and the base's blocks, from the top down, in three groups, each at the rate of the one above
 * times `decay` (discriminative fine-tuning, Howard and Ruder 2018). With a decay of 1 the base is one group.
 */
export function rateGroups(
  blocks: readonly Block[],
  head: readonly string[],
  decay: number,
): readonly WeightGroup[] {
  const count = decay === 1 ? 1 : Math.min(depthGroups, blocks.length);
  const bounds = Array.from({ length: count + 1 }, (_, i) => Math.round((i * blocks.length) / count));
  const base = Array.from({ length: count }, (_, i): WeightGroup => {
    const own = blocks.slice(bounds[i], bounds[i + 1]);
    const above = count - 1 - i;
    return {
      name: count === 1 ? "base" : (["top", "middle", "bottom"][above] ?? "base"),
      weights: own.flatMap(({ weights }) => weights),
      rate: decay ** (above + 1),
    };
  });
  return [{ name: "head", weights: head, rate: 1 }, ...base.reverse()];
}
