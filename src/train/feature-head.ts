import type { Truth } from "../data/labelling.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime } from "../runtime/session.ts";
import { trainDenseHead } from "./dense-head.ts";
import { answersFor, type FeatureSet } from "./features.ts";
import { solveLinearHead } from "./linear-head.ts";
import type { TrainSettings } from "./run.ts";
import type { HeadEvent, TrainedHead } from "./trained-head.ts";

interface Sets {
  readonly train: FeatureSet;
  readonly val: FeatureSet;
}

/** The head that the settings ask for, on feature vectors: solved if linear, else trained. */
export async function* trainHead(
  { train, val }: Sets,
  classes: number,
  settings: TrainSettings,
  runtime: Runtime,
  signal: AbortSignal | undefined,
): AsyncGenerator<HeadEvent, TrainedHead> {
  const { classWeights, head: spec, loss, ...rest } = settings;
  const common = {
    ...rest,
    train,
    val: val.rows > 0 ? val : undefined,
    classes,
    classWeights: classWeights === "balanced" ? balanced(train, classes) : undefined,
    runtime,
    signal,
  };
  return spec.length === 0
    ? yield* solveLinearHead(common)
    : yield* trainDenseHead({ ...common, spec, loss });
}

/**
 * n / (classes x n of the class), as scikit-learn's "balanced": the mean weight of a picture is 1. Of several labels at
 * once (n - n of the label) / n of the label: then those that have it weigh, together, as much as those that do not.
 */
export function balanced({ labels, targets }: Truth, classes: number): number[] {
  const counts = new Float64Array(classes);
  if (targets) {
    for (const [i, target] of targets.entries()) counts[i % classes]! += target;
    const rows = targets.length / classes;
    return Array.from(counts, (count) => Math.max(1, rows - count) / Math.max(1, count));
  }
  for (const label of labels) counts[label]!++;
  return Array.from(counts, (count) => labels.length / (classes * Math.max(1, count)));
}

/** The head's probabilities, rows x classes: each row a distribution, or, of several labels at once, each by itself. */
export async function apply(
  head: Model,
  set: FeatureSet,
  classes: number,
  runtime: Runtime,
): Promise<Float32Array> {
  const builder = GraphBuilder.from(head);
  const [opType, attributes] = set.targets ? ["Sigmoid", {}] : ["Softmax", { axis: -1 }];
  builder.output(builder.op(opType, ["logits"], attributes, { outputs: ["probabilities"] }));
  const session = await runtime.load(writeModel(builder.model()));
  try {
    return await answersFor(session, "probabilities", classes, set);
  } finally {
    await session.release();
  }
}
