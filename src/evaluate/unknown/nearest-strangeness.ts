import { checkTable } from "../check-tables.ts";
import { EvaluationError } from "../errors.ts";
import { unitRows } from "../numerics/unit-rows.ts";

/** Training features to compare with, each of length 1. */
export interface Neighbourhood {
  readonly rows: number;
  readonly width: number;
  /** rows x width. */
  readonly units: Float32Array;
}

/** Keeps the known pictures' features, scaled to length 1: `features` is rows x width. Throws EvaluationError. */
export function neighbourhood(features: Float32Array, width: number): Neighbourhood {
  checkTable("features", features, Math.floor(features.length / width), width);
  return { rows: features.length / width, width, units: unitRows(features, width) };
}

/** What serves few pictures and many alike: the tenth nearest is not moved by one odd neighbour or a stray twin. */
const usualNeighbours = 10;

/**
 * Distance of each row to its k-th nearest training picture, both scaled to length 1; from 0 to 2, higher is stranger.
 *
 * Y. Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022. Every row is compared with every
 * training row: rows x training rows x width products, so a thousand rows against 1,250 of width 1,280 take about three
 * seconds; thin out larger sets first, as the article does. Throws EvaluationError on fewer training rows than k.
 */
export function nearestStrangeness(
  known: Neighbourhood,
  features: Float32Array,
  k = usualNeighbours,
): Float64Array {
  const { rows, width, units } = known;
  if (!Number.isInteger(k) || k < 1 || k > rows) {
    throw new EvaluationError(
      {
        what: `There is no neighbour number ${k} among ${rows} training pictures.`,
        next: `Choose k from 1 to ${rows}.`,
      },
      { value: k },
    );
  }
  const asked = unitRows(features, width);
  const closest = new Float64Array(k);
  return Float64Array.from({ length: features.length / width }, (_, row) => {
    // The k largest cosines so far, largest first.
    closest.fill(Number.NEGATIVE_INFINITY);
    for (let other = 0; other < rows; other++) {
      let cosine = dot(asked, row * width, units, other * width, width);
      for (let i = 0; i < k && cosine > closest[k - 1]!; i++) {
        if (cosine <= closest[i]!) continue;
        [closest[i], cosine] = [cosine, closest[i]!];
      }
    }
    return Math.sqrt(Math.max(0, 2 - 2 * closest[k - 1]!));
  });
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, width: number): number {
  let [even, odd] = [0, 0];
  let i = 0;
  for (; i + 1 < width; i += 2) {
    even += a[fromA + i]! * b[fromB + i]!;
    odd += a[fromA + i + 1]! * b[fromB + i + 1]!;
  }
  return i < width ? even + odd + a[fromA + i]! * b[fromB + i]! : even + odd;
}
