import { oneHot } from "../autodiff/losses.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { type HeadSize, type HeadSpec, headParameterNames, writeHead } from "../surgery/head-graph.ts";
import { targetOpset } from "../surgery/upgrade.ts";
import { classificationLoss, exactMatches } from "./classification-loss.ts";
import type { Loss } from "./loss.ts";
import type { Standard } from "./standardise.ts";

export interface LossOptions {
  /** Several labels at once, or none: the graph takes `targets` in the place of `labels`. Default false. */
  readonly multiLabel?: boolean;
  readonly labelSmoothing?: number;
  readonly classWeights?: readonly number[] | undefined;
  /** Default: cross-entropy. */
  readonly loss?: Loss | undefined;
  /** Features are standardised in the graph; left out, they go in as they are. */
  readonly standard?: Standard;
  /** Dropout layers multiply by masks that are inputs; left out, there is no dropout. */
  readonly dropout?: boolean;
}

/** A dropout layer's mask: float32 [N, units], 0 with probability `rate`, else 1 / (1 - rate). */
export interface MaskInput {
  readonly name: string;
  readonly units: number;
  readonly rate: number;
}

export interface LossGraph {
  readonly model: Model;
  /** The head's parameters, initializers of `model` that hold `parameters` in this order. */
  readonly parameters: readonly string[];
  readonly masks: readonly MaskInput[];
}

/**
 * A head with its loss: `features` float32 [N, width], `labels` int32 [N] and the masks, to `rows` float32 [N] (each
 * row's loss), `loss` [] (their mean) and `hits` [] (the number of rows whose highest logit is their label's).
 * Of several labels at once: `targets` float32 [N, classes] for `labels`, and the rows that are right in all of them.
 */
export function lossGraph(
  spec: HeadSpec,
  size: HeadSize,
  parameters: ReadonlyMap<string, Tensor>,
  options: LossOptions = {},
): LossGraph {
  const b = new GraphBuilder({ opset: targetOpset, name: "loss" });
  const features = b.input("features", "float32", ["N", size.width]);
  const { multiLabel = false } = options;
  const truth = multiLabel
    ? b.input("targets", "float32", ["N", size.classes])
    : b.input("labels", "int32", ["N"]);
  const scaled = options.standard ? standardised(b, features, options.standard) : features;
  const targets = multiLabel ? truth : oneHot(b, truth, size.classes);
  const right = (logits: string): string =>
    multiLabel ? exactMatches(b, logits, targets) : bestMatches(b, logits, truth);
  const head = { spec, size, parameters };
  const { masks, names } = writeHeadLoss(b, head, scaled, { targets, right }, options);
  return { model: b.model(), parameters: names, masks };
}

/** A head to be written: its layers, and the tensors of its parameters. */
export interface HeadParts {
  readonly spec: HeadSpec;
  readonly size: HeadSize;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** What a head's answers are held against: `targets` [N, classes], and 1 or 0 for each row of logits, right or not. */
interface Judged {
  readonly targets: string;
  readonly right: (logits: string) => string;
}

/**
 * Writes a head onto `features` and its loss behind it, with the outputs `rows` [N] (each row's loss), `loss` [] (their
 * mean) and `hits` [] (rows that are right). Dropout layers become inputs, one mask each, where `dropout` asks for them.
 */
export function writeHeadLoss(
  b: GraphBuilder,
  { spec, size, parameters }: HeadParts,
  features: string,
  { targets, right }: Judged,
  {
    multiLabel = false,
    labelSmoothing = 0,
    classWeights,
    loss,
    dropout = false,
  }: Omit<LossOptions, "standard">,
): { readonly logits: string; readonly names: readonly string[]; readonly masks: readonly MaskInput[] } {
  const names = headParameterNames(spec, size);
  for (const name of names) {
    const tensor = parameters.get(name);
    if (tensor) b.initializer(name, tensor);
  }
  const masks: MaskInput[] = [];
  const mask = (value: string, units: number, rate: number): string => {
    const name = b.input(`mask.${masks.length}`, "float32", ["N", units]);
    masks.push({ name, units, rate });
    return b.op("Mul", [value, name]);
  };
  const logits = writeHead(b, spec, size, features, dropout ? mask : undefined);
  const { classes } = size;
  const judged = { logits, targets, classes, multiLabel, labelSmoothing, classWeights, loss };
  const rows = classificationLoss(b, judged);
  b.output(b.op("Identity", [rows], {}, { outputs: ["rows"] }), "float32", ["N"]);
  b.output(b.op("ReduceMean", [rows], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  b.output(b.op("ReduceSum", [right(logits)], { keepdims: 0 }, { outputs: ["hits"] }), "float32", []);
  return { logits, names, masks };
}

/** 1 for each row whose highest logit is its label's, else 0. */
function bestMatches(b: GraphBuilder, logits: string, labels: string): string {
  const best = b.op("ArgMax", [logits], { axis: -1, keepdims: 0 });
  return b.op("Cast", [b.op("Equal", [best, b.op("Cast", [labels], { to: 7 })])], { to: 1 });
}

/** (x - μ) / σ */
function standardised(b: GraphBuilder, x: string, { mean, std }: Standard): string {
  const centred = b.op("Sub", [x, b.constant(float32(Float32Array.from(mean)), "mean")]);
  return b.op("Div", [centred, b.constant(float32(Float32Array.from(std)), "std")]);
}

/** The model with some initializers turned into inputs of the same type, fed anew at each run. */
export function feedInitializers(model: Model, names: readonly string[]): Model {
  const { graph } = model;
  const initializers = new Map(graph.initializers);
  const inputs = [...graph.inputs];
  for (const name of names) {
    const tensor = initializers.get(name);
    if (!tensor) continue;
    initializers.delete(name);
    inputs.push({ name, type: { kind: "tensor", dtype: tensor.dtype, shape: tensor.shape } });
  }
  return { ...model, graph: { ...graph, inputs, initializers } };
}
