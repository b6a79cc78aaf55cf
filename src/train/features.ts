import { float32, floats } from "../core/tensor.ts";
import type { Truth } from "../data/labelling.ts";
import type { Session } from "../runtime/session.ts";

/** Feature vectors of some pictures with what is true of them: `features` is rows x width, row by row. */
export interface FeatureSet extends Truth {
  readonly rows: number;
  readonly width: number;
  readonly features: Float32Array;
}

/** Some rows of a set, copied. */
export function rowsOf(
  { width, features, labels, targets }: FeatureSet,
  rows: readonly number[],
): FeatureSet {
  const some = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries())
    some.set(features.subarray(row * width, (row + 1) * width), i * width);
  const set = { rows: rows.length, width, features: some };
  if (!targets) return { ...set, labels: Int32Array.from(rows, (row) => labels[row]!) };
  const classes = targets.length / (features.length / width);
  const hot = rows.flatMap((row) => [...targets.subarray(row * classes, (row + 1) * classes)]);
  return { ...set, labels, targets: Float32Array.from(hot) };
}

/** Rows handed to the engine at once. */
const chunk = 4096;

/** What a graph of `features` answers for each row: its value `output`, rows x `size`. */
export async function answersFor(
  session: Session,
  output: string,
  size: number,
  { rows, width, features }: Pick<FeatureSet, "rows" | "width" | "features">,
): Promise<Float32Array> {
  const all = new Float32Array(rows * size);
  for (let from = 0; from < rows; from += chunk) {
    const count = Math.min(chunk, rows - from);
    const part = features.subarray(from * width, (from + count) * width);
    const answer = await session.run({ features: float32(part, [count, width]) });
    all.set(floats(answer[output]!), from * size);
  }
  return all;
}
