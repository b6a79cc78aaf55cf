import { UsageError } from "../core/errors.ts";
import { groupBy } from "../core/group-by.ts";
import { sizeOf } from "../core/tensor.ts";
import type { Model, Node, Shape } from "../onnx/graph.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { blocksOf } from "../surgery/blocks.ts";
import { denseLayers } from "../surgery/head-graph.ts";
import type { Backbone } from "../train/backbone.ts";
import { type HeadSpec, parseHead } from "../train/head.ts";
import { type BaseOptions, openBase } from "./base-node.ts";

export interface SummaryOptions extends BaseOptions {
  /** "linear" (default), or layers such as "dense:1024:relu,dropout:0.2". */
  readonly head?: string | HeadSpec | undefined;
  readonly classes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LayerSummary {
  readonly layer: string;
  readonly type: string;
  readonly outputShape: Shape;
  readonly parameters: number;
  readonly trainable: boolean;
  /** The base's block that it belongs to, 1 for the last: `--unfreeze 3` trains blocks 3 to 1. Null for none. */
  readonly block: number | null;
}

/** A stretch of the base that is trained or frozen as a whole. */
export interface BlockSummary {
  /** Counted from the end, from 1 on. */
  readonly block: number;
  /** Its first node, by the name that `--unfreeze` takes. */
  readonly from: string;
  readonly parameters: number;
}

export interface Summary {
  readonly base: {
    readonly name: string;
    readonly cut: string;
    readonly size: number;
    readonly width: number;
    /** Whether BatchNorm was folded into the layers before it: layers and parameters are then fewer than the file's. */
    readonly folded: boolean;
  };
  readonly layers: readonly LayerSummary[];
  /** From the base's first to its last. */
  readonly blocks: readonly BlockSummary[];
  readonly parameters: { readonly total: number; readonly trainable: number; readonly frozen: number };
}

/** Operators whose constants are settings, not weights. */
const settingsOnly = new Set(["Clip", "Pad", "Resize", "Pow", "Where", "Cast", "Dropout"]);

/** Of quantised operators, the inputs that hold weights; the others are scales and zero points. */
const quantisedWeights: ReadonlyMap<string, readonly number[]> = new Map([
  ["ConvInteger", [0, 1]],
  ["MatMulInteger", [0, 1]],
  ["QLinearConv", [0, 3, 8]],
  ["QLinearMatMul", [0, 3]],
  ["QuantizeLinear", [0]],
  ["DequantizeLinear", [0]],
]);

/** How ONNX Runtime begins the names of weights into which it folded a BatchNorm. */
const foldedName = "ConvBnFusion_";

/** The network layer by layer: the base, cut at its feature vector and frozen, and the head that would be trained. */
export async function summary(options: SummaryOptions): Promise<Summary> {
  const { classes, head = "linear", signal } = options;
  signal?.throwIfAborted();
  if (!Number.isInteger(classes) || classes < 1) {
    throw new UsageError(
      { what: `--classes ${classes} is no number of classes.`, next: "Give a whole number from 1." },
      { option: "classes", value: classes },
    );
  }
  const spec = typeof head === "string" ? parseHead(head) : head;
  const { backbone } = await openBase(options, nodeRuntime(), { needsPreprocess: false });
  signal?.throwIfAborted();
  const ofBase = backboneLayers(backbone.model);
  const layers = [...ofBase, ...headLayers(spec, backbone, classes)];
  const sum = (wanted: boolean): number =>
    layers
      .filter(({ trainable }) => trainable === wanted)
      .reduce((total, { parameters }) => total + parameters, 0);
  const [trainable, frozen] = [sum(true), sum(false)];
  const { name, cut, width, preprocess } = backbone;
  return {
    base: { name, cut, width, size: preprocess.size, folded: isFolded(backbone.model) },
    layers,
    blocks: blockList(ofBase),
    parameters: { total: trainable + frozen, trainable, frozen },
  };
}

function isFolded({ graph }: Model): boolean {
  return [...graph.initializers.keys()].some((name) => name.startsWith(foldedName));
}

function backboneLayers({ graph }: Model): LayerSummary[] {
  const counted = new Set<string>();
  const shapeOf = new Map<string, Shape>();
  for (const { name, type } of [...graph.inputs, ...graph.values.values(), ...graph.outputs]) {
    if (type?.kind === "tensor" && type.shape) shapeOf.set(name, type.shape);
  }
  const parameters = (node: Node): number => {
    if (settingsOnly.has(node.opType)) return 0;
    const quantised = quantisedWeights.get(node.opType);
    let total = 0;
    for (const [i, name] of node.inputs.entries()) {
      const tensor = graph.initializers.get(name);
      if (tensor === undefined || counted.has(name)) continue;
      // Elsewhere whole numbers are shapes, axes and indices.
      const isWeight = quantised ? quantised.includes(i) : /float/.test(tensor.dtype);
      if (!isWeight) continue;
      counted.add(name);
      total += sizeOf(tensor.shape);
    }
    return total;
  };
  const blocks = blocksOf(graph);
  const blockOf = new Map(blocks.flatMap(({ nodes }, i) => nodes.map((node) => [node, blocks.length - i])));
  const inputs = graph.inputs.map(({ name }) => row(name, "Input", shapeOf.get(name) ?? [], 0));
  const layers = graph.nodes.map((node) => {
    const [output = ""] = node.outputs;
    const layer = row(node.name || output, node.opType, shapeOf.get(output) ?? [], parameters(node));
    return { ...layer, block: blockOf.get(node) ?? null };
  });
  return [...inputs, ...layers];
}

function blockList(layers: readonly LayerSummary[]): BlockSummary[] {
  const inBlocks = layers.filter(({ block }) => block !== null);
  return [...groupBy(inBlocks, ({ block }) => block ?? 0)].map(([block, own]) => ({
    block,
    from: own[0]?.layer ?? "",
    parameters: own.reduce((sum, { parameters }) => sum + parameters, 0),
  }));
}

function row(layer: string, type: string, outputShape: Shape, parameters: number): LayerSummary {
  return { layer, type, outputShape, parameters, trainable: false, block: null };
}

function headLayers(spec: HeadSpec, { width }: Backbone, classes: number): LayerSummary[] {
  const dense = denseLayers(spec, { width, classes })[Symbol.iterator]();
  let units = width;
  const last = { kind: "dense" } as const;
  return [...spec, last].map((layer, i) => {
    const name = `head.${i}`;
    if (layer.kind === "dropout")
      return { ...row(name, `Dropout ${layer.rate}`, ["N", units], 0), trainable: true };
    const { inputs, units: own, activation } = dense.next().value!;
    units = own;
    const type = activation === "linear" ? "Dense" : `Dense ${activation}`;
    return { ...row(name, type, ["N", own], inputs * own + own), trainable: true };
  });
}
