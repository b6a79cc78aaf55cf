import type { Operand } from "./operand.ts";
import type { Site } from "./site.ts";

/** More pieces than these are no longer a matter of a few channels. */
const mostPieces = 64;

/** These positions of one axis, as slices of what lies side by side, put together again. */
export function picked(site: Site, x: Operand, axis: number, indices: readonly number[]): Operand {
  const runs: { begin: number; size: number }[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last && last.begin + last.size === index) last.size++;
    else runs.push({ begin: index, size: 1 });
  }
  if (runs.length > mostPieces)
    site.fail(`it picks ${runs.length} separate parts of an axis, which would be as many slices`);
  return site.e.concat(
    runs.map(({ begin, size }) => site.e.part(x, axis, begin, size)),
    axis,
  );
}
