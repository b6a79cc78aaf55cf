import { floats } from "../../core/tensor.ts";
import { floatAttr, intAttr } from "../../onnx/attributes.ts";
import type { Graph, Node } from "../../onnx/graph.ts";

/** A layer as the engine's 8-bit kernels take it: one moving input, constant weights, perhaps a constant bias. */
export interface Layer {
  readonly input: string;
  readonly weight: string;
  readonly bias: string | undefined;
  /** The weights' axis of output channels, each of which has a scale of its own. */
  readonly axis: number;
  /** Whether each output channel sees one input channel. */
  readonly depthwise: boolean;
}

/** The node as a layer that can be computed in 8 bits; undefined for all others. */
export function layerOf(node: Node, { initializers }: Graph): Layer | undefined {
  const [input = "", weight = "", bias = ""] = node.inputs;
  const weights = initializers.get(weight);
  if (node.domain !== "" || weights?.dtype !== "float32" || initializers.has(input)) return undefined;
  const axis = channelAxis(node, weights.shape.length);
  if (axis === undefined) return undefined;
  const channels = weights.shape[axis];
  const biases = initializers.get(bias);
  // The kernels take one number a channel, nothing that would have to be broadcast.
  if (bias !== "" && !(biases?.dtype === "float32" && String(biases.shape) === String([channels])))
    return undefined;
  const depthwise =
    node.opType === "Conv" && intAttr(node, "group", 1) === channels && weights.shape[1] === 1;
  return { input, weight, bias: bias === "" ? undefined : bias, axis, depthwise };
}

function channelAxis(node: Node, rank: number): number | undefined {
  // The engine's 8-bit convolution knows maps only.
  if (node.opType === "Conv") return rank === 4 ? 0 : undefined;
  if (node.opType === "MatMul") return rank === 2 ? 1 : undefined;
  if (node.opType !== "Gemm" || rank !== 2) return undefined;
  const plain = floatAttr(node, "alpha", 1) === 1 && floatAttr(node, "beta", 1) === 1;
  if (!plain || intAttr(node, "transA", 0) !== 0) return undefined;
  return intAttr(node, "transB", 0) === 1 ? 0 : 1;
}

/** How many channels, along axis 1, a layer with weights of this shape takes; undefined for other nodes. */
export function inputChannels(node: Node, weights: readonly number[]): number | undefined {
  if (node.opType === "Conv" && weights[1] !== undefined) return weights[1] * intAttr(node, "group", 1);
  if (node.opType === "ConvTranspose") return weights[0];
  if (node.opType !== "Gemm" || intAttr(node, "transA", 0) !== 0) return undefined;
  return weights[intAttr(node, "transB", 0) === 1 ? 1 : 0];
}

/** Operators that hand 8-bit numbers on as they are: what goes in and what comes out share scale and zero point. */
export const keeping: ReadonlySet<string> = new Set([
  "MaxPool",
  "Flatten",
  "Reshape",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
]);

/** Operators that have an 8-bit kernel and no weights: in 8 bits where their inputs and a user are. */
export const carrying: ReadonlySet<string> = new Set([
  ...keeping,
  "Add",
  "Concat",
  "AveragePool",
  "GlobalAveragePool",
]);

/** Operators behind which a Relu or Clip is nothing but the range of their own output. */
export const folding: ReadonlySet<string> = new Set(["Conv", "Gemm", "MatMul", "Add"]);

/** What a Relu or Clip lets through; undefined for other nodes, and where the bounds are not constant. */
export function clampOf(node: Node, graph: Graph): readonly [low: number, high: number] | undefined {
  if (node.domain !== "") return undefined;
  if (node.opType === "Relu") return [0, Number.POSITIVE_INFINITY];
  if (node.opType !== "Clip") return undefined;
  const low = bound(node.inputs[1], Number.NEGATIVE_INFINITY, graph);
  const high = bound(node.inputs[2], Number.POSITIVE_INFINITY, graph);
  return low === undefined || high === undefined ? undefined : [low, high];
}

function bound(name: string | undefined, otherwise: number, { initializers }: Graph): number | undefined {
  if (name === undefined || name === "") return otherwise;
  const tensor = initializers.get(name);
  return tensor?.dtype === "float32" ? floats(tensor)[0] : undefined;
}
