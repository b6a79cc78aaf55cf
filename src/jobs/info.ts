import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { sha256 } from "../core/hash.ts";
import { listOf } from "../core/list.ts";
import { sizeOf } from "../core/tensor.ts";
import { type BaseRecord, isClassifier, readClassifierRecord } from "../export/classifier.ts";
import type { Shape, ValueInfo } from "../onnx/graph.ts";
import { loadModel } from "../onnx/load-node.ts";
import type { Preprocess } from "../surgery/preprocess.ts";
import { type PreprocessHints, preprocessFromMetadata } from "../surgery/preprocess-config.ts";
import { classifierFile } from "./classifier-node.ts";
import { boxName, locateBase } from "./models/locate-node.ts";

export interface InfoOptions {
  /** A run's folder, an ONNX file, or whatever names a base; left out: the backbone in the box. */
  readonly model?: string | undefined;
}

/** An input or output; null where the file does not say. */
export interface PortInfo {
  readonly name: string;
  readonly dtype: string | null;
  readonly shape: Shape | null;
}

/** What a model's file says of itself. */
export interface ModelInfo {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly licence: string | null;
  /** Version of ONNX's operator set. */
  readonly opset: number | null;
  /** Numbers in all of its constants, weights nearly all. */
  readonly parameters: number;
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** How pictures are normalised; null where the file itself does not say. */
  readonly preprocess: PreprocessHints | readonly Preprocess[] | null;
  /** Of a classifier that Tsugiki made: what it was made of. */
  readonly classifier: {
    readonly labels: readonly string[];
    readonly multiLabel: boolean;
    readonly bases: readonly BaseRecord[];
    readonly training: Readonly<Record<string, unknown>>;
  } | null;
  /** All else that stands in the metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads what a model says of itself, without running it. Throws what reading it throws, and ClassifierError. */
export async function info({ model: named }: InfoOptions = {}): Promise<ModelInfo> {
  const file = await fileOf(named);
  const model = await loadModel(file);
  const content = await readFile(file);
  const { graph, metadata, opsets } = model;
  const record = isClassifier(model) ? readClassifierRecord(model, file) : undefined;
  const others = [...metadata].filter(([key]) => !key.startsWith("tsugiki.") && !shown.has(key));
  return {
    file,
    bytes: content.length,
    sha256: await sha256(content),
    licence: metadata.get("license") ?? null,
    opset: opsets.get("") ?? null,
    parameters: [...graph.initializers.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(port),
    outputs: graph.outputs.map(port),
    preprocess: record ? listOf(record.preprocess) : (preprocessFromMetadata(metadata) ?? null),
    classifier: record
      ? {
          labels: record.labels,
          multiLabel: record.task === "multi-label",
          bases: listOf(record.base),
          training: record.training,
        }
      : null,
    metadata: Object.fromEntries(others),
  };
}

/** A run's folder may be called like a model of the catalogue: what is on the disk comes first. */
async function fileOf(named: string = boxName): Promise<string> {
  if (named !== boxName && existsSync(named)) return classifierFile(named);
  return (await locateBase({ base: named })).file;
}

/** Metadata that have a field of their own. */
const shown = new Set(["license", "labels"]);

function port({ name, type }: ValueInfo): PortInfo {
  if (type?.kind !== "tensor") return { name, dtype: null, shape: null };
  return { name, dtype: type.dtype, shape: type.shape ?? null };
}
