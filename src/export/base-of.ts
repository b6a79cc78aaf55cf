import { listOf } from "../core/list.ts";
import type { Model } from "../onnx/graph.ts";
import { cut } from "../surgery/cut.ts";
import { preprocessedOutput } from "../surgery/preprocess.ts";
import { preprocessKey } from "../surgery/preprocess-config.ts";
import { type ClassifierRecord, embeddingOutput } from "./classifier.ts";
import { ClassifierError } from "./errors.ts";

/**
 * The network inside a classifier, for grafting on it once more: from the prepared picture, float32 [N, 3, size, size], to the
 * feature vector that its head read. How pictures are prepared, and its licence, go into the metadata. Throws ClassifierError
 * for one of several bases.
 */
export function baseOf(classifier: Model, record: ClassifierRecord, file: string): Model {
  const [preprocess, ...others] = listOf(record.preprocess);
  if (preprocess === undefined || others.length > 0) {
    throw new ClassifierError(
      {
        what: `${file} cannot be a base: several networks stand in it side by side.`,
        next: "Name those networks themselves, with --base for each.",
      },
      { file },
    );
  }
  const { graph } = classifier;
  const { size, layout } = preprocess;
  const shape = layout === "nchw" ? ["N", 3, size, size] : ["N", size, size, 3];
  const input = {
    ...graph.inputs[0]!,
    name: preprocessedOutput,
    type: { kind: "tensor", dtype: "float32", shape } as const,
  };
  const nodes = graph.nodes.filter(({ outputs }) => !outputs.includes(preprocessedOutput));
  const features = graph.outputs.filter(({ name }) => name === embeddingOutput);
  const behind = cut({ ...classifier, graph: { ...graph, nodes, inputs: [input] } }, features);
  const licences = [...new Set(listOf(record.base).map(({ licence }) => licence))];
  const metadata = new Map([[preprocessKey, JSON.stringify(preprocess)]]);
  if (licences.length === 1 && licences[0]) metadata.set("license", licences[0]);
  return { ...behind, metadata };
}
