import { assert } from "../core/assert.ts";
import { float32, floats, int32, type Tensor } from "../core/tensor.ts";
import type { Session } from "../runtime/session.ts";
import type { FeatureSet } from "./features.ts";

/** Rows in one run: what flows between operators stays small, however large the set is. */
const chunkRows = 4096;

interface Chunk {
  readonly rows: number;
  /** `features`, and `labels` or, of several at once, `targets`. */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** A set as runs of rows: views of the caller's arrays, nothing is copied. */
export function chunksOf({ rows, width, features, labels, targets }: FeatureSet): readonly Chunk[] {
  const classes = (targets?.length ?? 0) / rows;
  const chunks: Chunk[] = [];
  for (let from = 0; from < rows; from += chunkRows) {
    const to = Math.min(rows, from + chunkRows);
    chunks.push({
      rows: to - from,
      feeds: {
        features: float32(features.subarray(from * width, to * width), [to - from, width]),
        ...(targets
          ? { targets: float32(targets.subarray(from * classes, to * classes), [to - from, classes]) }
          : { labels: int32(labels.subarray(from, to), [to - from]) }),
      },
    });
  }
  return chunks;
}

export interface Score {
  /** Mean cross-entropy, as the session's graph defines it. */
  readonly loss: number;
  /** Share of rows whose highest logit is their label's, or whose labels are all right. */
  readonly accuracy: number;
}

/** Runs a loss graph (`lossGraph`) over a set; sums across rows are in double precision. */
export async function score(
  session: Session,
  chunks: readonly Chunk[],
  parameters: Readonly<Record<string, Tensor>>,
  signal?: AbortSignal,
): Promise<Score> {
  let [loss, hits, rows] = [0, 0, 0];
  for (const chunk of chunks) {
    signal?.throwIfAborted();
    const answer = await session.run({ ...chunk.feeds, ...parameters }, ["rows", "hits"]);
    for (const each of output(answer, "rows")) loss += each;
    hits += output(answer, "hits")[0]!;
    rows += chunk.rows;
  }
  return { loss: loss / rows, accuracy: hits / rows };
}

export interface MeanGradient {
  readonly loss: number;
  /** One array an entry of `names`, the mean over all rows. */
  readonly gradients: readonly Float64Array[];
}

/** The mean loss and the mean of the gradients named, over a set; chunks are joined in double precision. */
export async function meanGradient(
  session: Session,
  chunks: readonly Chunk[],
  parameters: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<MeanGradient> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const gradients: Float64Array[] = [];
  let loss = 0;
  for (const { rows, feeds } of chunks) {
    const answer = await session.run({ ...feeds, ...parameters }, ["rows", ...names]);
    for (const each of output(answer, "rows")) loss += each;
    for (const [i, name] of names.entries()) {
      const part = output(answer, name);
      const sum = gradients[i] ?? new Float64Array(part.length);
      gradients[i] = sum;
      for (let j = 0; j < part.length; j++) sum[j]! += (part[j]! * rows) / total;
    }
  }
  return { loss: loss / total, gradients };
}

/** The elements of an output that the graph is known to have. */
export function output(answer: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const tensor = answer[name];
  assert(tensor, `the engine answered without '${name}'`);
  return floats(tensor);
}
