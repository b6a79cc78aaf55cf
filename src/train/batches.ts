import type { Random } from "../core/random.ts";
import { float32, int32, type Tensor } from "../core/tensor.ts";
import type { FeatureSet } from "./features.ts";
import type { MaskInput } from "./loss-graph.ts";

export interface Batch {
  readonly rows: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/**
 * One epoch: every row once, in an order drawn anew, with dropout masks drawn from the same generator. A batch's
 * arrays are overwritten by the next one.
 */
export function* batchesOf(
  set: FeatureSet,
  batchSize: number,
  masks: readonly MaskInput[],
  random: Random,
): Generator<Batch> {
  const { width } = set;
  const most = Math.min(batchSize, set.rows);
  const order = random.shuffle(Int32Array.from({ length: set.rows }, (_, i) => i));
  const features = new Float32Array(most * width);
  const labels = new Int32Array(set.targets ? 0 : most);
  const classes = (set.targets?.length ?? 0) / set.rows;
  const targets = new Float32Array(most * classes);
  for (let from = 0; from < set.rows; from += most) {
    const rows = Math.min(most, set.rows - from);
    for (let i = 0; i < rows; i++) {
      const source = order[from + i]!;
      features.set(set.features.subarray(source * width, (source + 1) * width), i * width);
      if (!set.targets) labels[i] = set.labels[source]!;
      else targets.set(set.targets.subarray(source * classes, (source + 1) * classes), i * classes);
    }
    const feeds: Record<string, Tensor> = {
      features: float32(features.subarray(0, rows * width), [rows, width]),
      ...(set.targets
        ? { targets: float32(targets.subarray(0, rows * classes), [rows, classes]) }
        : { labels: int32(labels.subarray(0, rows), [rows]) }),
    };
    for (const mask of masks) feeds[mask.name] = dropoutMask(mask, rows, random);
    yield { rows, feeds };
  }
}

/** 0 with probability `rate`, else 1 / (1 - rate), so that the mean stays (inverted dropout, Srivastava et al. 2014). */
export function dropoutMask({ units, rate }: MaskInput, rows: number, random: Random): Tensor {
  const kept = 1 / (1 - rate);
  const values = new Float32Array(rows * units);
  for (let i = 0; i < values.length; i++) values[i] = random.next() < rate ? 0 : kept;
  return float32(values, [rows, units]);
}
