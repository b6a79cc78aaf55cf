import { TsugikiError } from "../../core/errors.ts";
import { predictedClasses } from "../../evaluate/accuracy.ts";
import { leep } from "../../evaluate/transferability/leep.ts";
import { nce } from "../../evaluate/transferability/nce.ts";
import type { Model } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { loadModel } from "../../onnx/load-node.ts";
import type { Runtime } from "../../runtime/session.ts";
import { featureCandidates, namedCandidate } from "../../surgery/feature-vector.ts";
import { imageInput, imageShape } from "../../surgery/image-input.ts";
import type { Backbone } from "../../train/backbone.ts";
import type { FeatureSet } from "../../train/features.ts";
import { type BaseOptions, type OpenedBase, openBase } from "../base-node.ts";

/** What a base's own classifier says of the pictures, and how well the new classes can be read from it. */
export interface SourceScores {
  /** The output that was asked. */
  readonly output: string;
  /** How many classes the base was trained on. */
  readonly classes: number;
  /** Nats; at most 0, higher is better. */
  readonly nce: number;
  readonly leep: number;
}

/**
 * The base's own classifier, made ready as a backbone is: its vector is what the classifier answers. Undefined where the
 * file ends in features, or its classifier does not run at the size asked for.
 */
export async function openSource(
  options: BaseOptions,
  { file, backbone }: OpenedBase,
  runtime: Runtime,
): Promise<Backbone | undefined> {
  const output = classifierOutput(await loadModel(file), backbone.preprocess.size);
  if (output === undefined) return undefined;
  try {
    return (await openBase({ ...options, cut: output }, runtime)).backbone;
  } catch (error) {
    if (error instanceof TsugikiError) return undefined;
    throw error;
  }
}

/** The first output that is a row of classes: a vector of several numbers that is no place for a head. */
export function classifierOutput(model: Model, size: number): string | undefined {
  const image = imageInput(model);
  const shapes = image.size === undefined ? { [image.name]: imageShape(image, size) } : {};
  const stated = inferShapes(model, shapes);
  const places = new Set(featureCandidates(stated).map(({ name }) => name));
  return stated.graph.outputs
    .map(({ name }) => name)
    .filter((name) => !places.has(name))
    .find((name) => isRow(stated, name));
}

function isRow(model: Model, name: string): boolean {
  try {
    const { kind, width } = namedCandidate(model, name, "");
    return kind === "vector" && width > 1;
  } catch (error) {
    // The numbers of classes, best first, and other outputs that no vector can be.
    if (error instanceof TsugikiError) return false;
    throw error;
  }
}

/** NCE and LEEP of what the base's classifier answered, logits or probabilities, with the new labels. */
export function sourceScores(answers: FeatureSet, output: string, classes: number): SourceScores {
  const { labels, width } = answers;
  const probabilities = distributions(answers);
  return {
    output,
    classes: width,
    nce: nce(predictedClasses(probabilities, width), labels),
    leep: leep({ probabilities, labels, classes }),
  };
}

/** How far a row of probabilities may be from 1 in sum. */
const slack = 1e-3;

/** Rows as distributions: as they are where each is one already, else softmax(row). */
export function distributions({
  features,
  rows,
  width,
}: Pick<FeatureSet, "features" | "rows" | "width">): Float32Array {
  const all = Array.from({ length: rows }, (_, row) => features.subarray(row * width, (row + 1) * width));
  const sum = (row: Float32Array): number => row.reduce((total, value) => total + value, 0);
  const ready = all.every((row) => row.every((value) => value >= 0) && Math.abs(sum(row) - 1) <= slack);
  if (ready) return features;
  const shares = new Float32Array(features.length);
  for (const [i, row] of all.entries()) {
    const most = row.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
    const powers = Float64Array.from(row, (value) => Math.exp(value - most));
    const total = powers.reduce((before, value) => before + value, 0);
    for (const [k, power] of powers.entries()) shares[i * width + k] = power / total;
  }
  return shares;
}
