import type { Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import { denseLayers, type HeadSize, type HeadSpec, writeHead } from "../../surgery/head-graph.ts";
import { classificationLoss, exactMatches } from "../classification-loss.ts";
import type { Loss } from "../loss.ts";
import type { MaskInput } from "../loss-graph.ts";

/** Names that a network's training graph gives to its own values; the network itself must not use them. */
export const reservedNames = ["targets", "logits", "rows", "loss", "hits", "rate", "step", "share"] as const;

export interface NetworkLoss {
  /** Several labels at once, or none. Default false. */
  readonly multiLabel?: boolean;
  readonly labelSmoothing?: number;
  readonly classWeights?: readonly number[] | undefined;
  /** Default: cross-entropy. */
  readonly loss?: Loss | undefined;
  /** Dropout layers of the head multiply by masks that are inputs; left out, there is no dropout. */
  readonly dropout?: boolean;
}

export interface NetworkGraph {
  readonly model: Model;
  /** The head's parameters, initializers of `model`. */
  readonly headParameters: readonly string[];
  readonly masks: readonly MaskInput[];
}

/**
 * The trained part of a network, its head and its loss: what enters the part and `targets` float32 [N, classes]
 * (one-hot, multi-hot, or soft) to `logits` [N, classes], `rows` [N] (each row's loss), `loss` [] (their mean) and `hits` [] (rows
 * whose highest logit is their highest target, or that are right in all of several labels). `top` ends in its feature vector, its only output.
 */
export function networkGraph(
  top: Model,
  spec: HeadSpec,
  size: HeadSize,
  head: ReadonlyMap<string, Tensor>,
  { dropout = false, ...loss }: NetworkLoss = {},
): NetworkGraph {
  const features = top.graph.outputs[0]?.name ?? "";
  const b = GraphBuilder.from(top);
  const targets = b.input("targets", "float32", ["N", size.classes]);
  const headParameters = denseLayers(spec, size).flatMap((layer) => [layer.weight, layer.bias]);
  for (const name of headParameters) {
    const tensor = head.get(name);
    if (tensor) b.initializer(name, tensor);
  }
  const masks: MaskInput[] = [];
  const mask = (value: string, units: number, rate: number): string => {
    const name = b.input(`mask.${masks.length}`, "float32", ["N", units]);
    masks.push({ name, units, rate });
    return b.op("Mul", [value, name]);
  };
  const last = writeHead(b, spec, size, features, dropout ? mask : undefined);
  const logits = b.op("Identity", [last], {}, { outputs: ["logits"] });
  const { classes } = size;
  const { multiLabel = false } = loss;
  const rows = classificationLoss(b, { ...loss, logits, targets, classes, multiLabel });
  b.output(logits, "float32", ["N", size.classes]);
  b.output(b.op("Identity", [rows], {}, { outputs: ["rows"] }), "float32", ["N"]);
  b.output(b.op("ReduceMean", [rows], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  const right = multiLabel ? exactMatches(b, logits, targets) : bestMatches(b, logits, targets);
  b.output(b.op("ReduceSum", [right], { keepdims: 0 }, { outputs: ["hits"] }), "float32", []);
  return { model: b.model(), headParameters, masks };
}

/** 1 for each row whose highest logit is its highest target, else 0. */
function bestMatches(b: GraphBuilder, logits: string, targets: string): string {
  const best = (value: string): string => b.op("ArgMax", [value], { axis: -1, keepdims: 0 });
  return b.op("Cast", [b.op("Equal", [best(logits), best(targets)])], { to: 1 });
}
