import { int64, scalar } from "../core/tensor.ts";
import { type AttributeValue, float, floatAttr } from "../onnx/attributes.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Graph, Model, Node } from "../onnx/graph.ts";
import { inferShapes } from "../onnx/infer.ts";
import { liftConstants } from "../surgery/constants.ts";
import { expandNodes } from "../surgery/expand-nodes.ts";
import { GradientError } from "./errors.ts";
import { ValueTypes } from "./value-types.ts";

export interface BatchNormOptions {
  /** The nodes to change; left out, all. The others go on normalising with their running statistics. */
  readonly only?: (node: Node) => boolean;
  /** Share of its old value that a running statistic keeps at each step; left out, the node's own `momentum`. */
  readonly momentum?: number;
}

export interface NormalisedByBatch {
  readonly model: Model;
  /** By the name of an initializer that holds a running mean or variance: the value [C] that shall replace it. */
  readonly updates: ReadonlyMap<string, string>;
}

/**
 * BatchNormalization as it trains: each node of the main graph whose running statistics are initializers normalises by
 * the batch's own mean and variance instead. Over the n numbers of a channel:
 *   mean = Σ x / n, var = Σ (x - mean)² / n, y = (x - mean)·scale / √(var + ε) + bias,
 *   running' = running·momentum + batch·(1 - momentum)
 * As ONNX has it, the running variance takes var over n too (PyTorch's is over n - 1). Statistics that several nodes
 * share are updated by each in turn. The updates are values of the graph, not yet outputs. Throws GradientError where
 * the rank of a normalised value is not known.
 */
export function normaliseByBatch(given: Model, options: BatchNormOptions = {}): NormalisedByBatch {
  const model = { ...given, graph: liftConstants(given.graph) };
  const { graph } = model;
  const rankOf = ranks(inferShapes(model).graph);
  const updates = new Map<string, string>();
  const expanded = expandNodes(model, (node, builder) => {
    if (!hasRunningStatistics(node, graph) || options.only?.(node) === false) return undefined;
    const constant = (value: number): string => builder.constant(scalar(value));
    const [y = "", ...statistics] = trainingForm(builder, node, rankOf(node));
    const momentum = options.momentum ?? floatAttr(node, "momentum", 0.9);
    const next = node.inputs.slice(3, 5).map((running, i) => {
      const kept = builder.op("Mul", [updates.get(running) ?? running, constant(momentum)]);
      const added = builder.op("Mul", [statistics[i] ?? "", constant(1 - momentum)]);
      const update = builder.op("Add", [kept, added]);
      updates.set(running, update);
      return update;
    });
    // A node that came in training form has given names to its updated statistics.
    return [y, ...next];
  });
  return {
    model: expanded.model,
    updates: new Map([...updates].map(([running, next]) => [running, expanded.nameOf(next)])),
  };
}

function hasRunningStatistics({ opType, domain, inputs }: Node, { initializers }: Graph): boolean {
  return (
    opType === "BatchNormalization" &&
    domain === "" &&
    inputs.slice(3, 5).every((name) => initializers.has(name))
  );
}

/**
 * The node in the training form that the engine runs: with all outputs asked for. Momentum 0 makes the second and third
 * of them the batch's own statistics, which the gradient needs. The engine writes these over the inputs that hold the
 * old ones (onnxruntime aliases them), so it is given two vectors that nobody else reads and no optimizer folds to a
 * constant: numbers of x itself. Those of two nodes on one x may be merged, and then hold the same statistics as well.
 * Returns the names of y, mean and variance.
 */
function trainingForm(builder: GraphBuilder, node: Node, rank: number): readonly string[] {
  const [x = "", scale = "", bias = ""] = node.inputs;
  const ints = (values: readonly number[]): string => builder.constant(int64(values));
  const others = Array.from({ length: rank }, (_, axis) => axis).toSpliced(1, 1);
  const [first, next] = [ints(others.map(() => 0)), ints(others.map(() => 1))];
  const corner = builder.op("Slice", [x, first, next, ints(others)]);
  const mean = builder.op("Reshape", [corner, ints([-1])]);
  const variance = builder.op("Neg", [mean]);
  // An attribute says so since opset 14; before, having five outputs did.
  const modern = builder.opset >= 14;
  const attributes: Record<string, AttributeValue> = {
    epsilon: float(floatAttr(node, "epsilon", 1e-5)),
    momentum: float(0),
    training_mode: modern ? 1 : undefined,
  };
  const inputs = [x, scale, bias, mean, variance];
  return builder.ops("BatchNormalization", inputs, attributes, modern ? 3 : 5).slice(0, 3);
}

function ranks(graph: Graph): (node: Node) => number {
  const types = new ValueTypes(graph);
  return (node) => {
    const [x = ""] = node.inputs;
    const rank = types.shape(x)?.length;
    if (rank !== undefined) return rank;
    throw new GradientError(
      {
        what: `BatchNormalization '${node.name}' cannot normalise by the batch: the rank of '${x}' is not known.`,
        next: "Let it go on with its running statistics, or use a model whose shapes can be inferred.",
      },
      { node: node.name, opType: node.opType, path: [] },
    );
  };
}
