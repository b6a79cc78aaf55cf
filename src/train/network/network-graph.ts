import type { Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import type { HeadSize, HeadSpec } from "../../surgery/head-graph.ts";
import { exactMatches } from "../classification-loss.ts";
import { type LossOptions, type MaskInput, writeHeadLoss } from "../loss-graph.ts";

/** Names that a network's training graph gives to its own values; the network itself must not use them. */
export const reservedNames = ["targets", "logits", "rows", "loss", "hits", "rate", "step", "share"] as const;

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
  options: Omit<LossOptions, "standard"> = {},
): NetworkGraph {
  const features = top.graph.outputs[0]?.name ?? "";
  const b = GraphBuilder.from(top);
  const targets = b.input("targets", "float32", ["N", size.classes]);
  const right = (logits: string): string =>
    options.multiLabel ? exactMatches(b, logits, targets) : bestMatches(b, logits, targets);
  const parts = { spec, size, parameters: head };
  const { logits, names, masks } = writeHeadLoss(b, parts, features, { targets, right }, options);
  b.output(b.op("Identity", [logits], {}, { outputs: ["logits"] }), "float32", ["N", size.classes]);
  return { model: b.model(), headParameters: names, masks };
}

/** 1 for each row whose highest logit is its highest target, else 0. */
function bestMatches(b: GraphBuilder, logits: string, targets: string): string {
  const best = (value: string): string => b.op("ArgMax", [value], { axis: -1, keepdims: 0 });
  return b.op("Cast", [b.op("Equal", [best(logits), best(targets)])], { to: 1 });
}
