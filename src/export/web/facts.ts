import { listOf } from "../../core/list.ts";
import { readModel } from "../../onnx/read.ts";
import { type ClassifierRecord, unknownOutput } from "../classifier.ts";
import { cpuNodesOf } from "./cpu-nodes.ts";

/** The builds of ONNX Runtime Web in the folder. */
export type Build = "webgpu" | "plain";

/** What the page knows of its model: `classifier.json`. */
export interface Facts {
  readonly name: string;
  /** In the order of the probabilities. */
  readonly labels: readonly string[];
  /** "one": labels exclude each other; "several": each stands by itself. */
  readonly task: "one" | "several";
  /** Whether the model tells what is none of its labels. */
  readonly unknown: boolean;
  /** Side of the network's square, of several the largest. */
  readonly side: number;
  /** What of a picture the network sees. */
  readonly sees: "middle" | "all";
  /** A network whose batch is fixed takes one picture a run. */
  readonly batch: 1 | "N";
  readonly bases: readonly { readonly name: string; readonly licence: string | null }[];
  /** Sizes of what the page loads, for its progress. */
  readonly bytes: { readonly model: number; readonly engines: Readonly<Record<Build, number>> };
  /** Nodes that a graphics card leaves to the processor. */
  readonly cpuNodes: readonly string[];
}

/** `engines`: bytes of each build's WebAssembly. */
export function factsOf(
  classifier: Uint8Array,
  record: ClassifierRecord,
  { name, engines }: { readonly name: string; readonly engines: Facts["bytes"]["engines"] },
): Facts {
  const { graph } = readModel(classifier);
  const { inputs, outputs } = graph;
  const type = inputs[0]?.type;
  const ways = listOf(record.preprocess);
  return {
    name,
    labels: record.labels,
    task: record.task === "multi-label" ? "several" : "one",
    unknown: record.unknown !== undefined && outputs.some((output) => output.name === unknownOutput),
    side: Math.max(...ways.map(({ size }) => size)),
    sees: ways.every(({ fit }) => fit === "cover") ? "middle" : "all",
    batch: type?.kind === "tensor" && type.shape?.[0] === 1 ? 1 : "N",
    bases: listOf(record.base).map((base) => ({ name: base.name, licence: base.licence })),
    bytes: { model: classifier.length, engines },
    cpuNodes: cpuNodesOf(graph),
  };
}
