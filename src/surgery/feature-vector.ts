import { closest } from "../core/closest.ts";
import { int64 } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model, Shape } from "../onnx/graph.ts";
import { cut } from "./cut.ts";
import { BackboneError } from "./errors.ts";
import { GraphView } from "./graph-view.ts";
import { distinctNodeNames, renameGraph, reserve } from "./join.ts";

/** A value that can serve as feature vector, and what has to be done to make it one. */
export interface FeatureCandidate {
  readonly name: string;
  readonly kind: /** [N, D]: as it is. */
    | "vector"
    /** [N, C, h, w]: averaged over its positions. */
    | "map"
    /** [N, h, w, C]: averaged over its positions. */
    | "channels-last map"
    /** [N, T, D]: the class token where there is one, else the mean of the tokens. */
    | "tokens";
  /** Length of the vector it gives. */
  readonly width: number;
}

/** Output of a model that ends at its feature vector. */
export const featuresOutput = "features";

/** Shape, order and precision change, the numbers do not (or, for Dropout, not outside training). */
export const rearranging: ReadonlySet<string> = new Set([
  "Identity",
  "Dropout",
  "Cast",
  "Flatten",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Transpose",
]);
/** What a classifier may end in behind its logits. */
const verdicts = new Set([
  "Softmax",
  "LogSoftmax",
  "Hardmax",
  "Sigmoid",
  "HardSigmoid",
  "ArgMax",
  "TopK",
  ...rearranging,
]);
const pools = new Set([
  "GlobalAveragePool",
  "GlobalMaxPool",
  "AveragePool",
  "MaxPool",
  "ReduceMean",
  "ReduceMax",
  ...rearranging,
]);
const floating: ReadonlySet<string> = new Set(["float32", "float16", "float64", "bfloat16"]);

/** Classes of the datasets that published classifiers are trained on: ImageNet-1k, with background, 11k, 21k. */
const usualClassCounts = new Set([1000, 1001, 11221, 11821, 21841, 21842, 21843]);
const classifierName = /logit|prob|softmax|class|pred|score/i;
const featureName = /feat|embed|pool|hidden|repr|bottleneck/i;

function candidateAt(view: GraphView, name: string): FeatureCandidate | undefined {
  const type = view.type(name);
  const shape = type?.shape;
  if (shape === undefined || !floating.has(type?.dtype ?? "")) return undefined;
  if (view.isConstant(name) || view.producer(name) === undefined) return undefined;
  const plain = ({ 2: "vector", 3: "tokens", 4: "map" } as const)[shape.length];
  const kind = plain === "map" && view.isChannelsLast(name) ? "channels-last map" : plain;
  const width = kind === "map" ? shape[1] : shape.at(-1);
  return kind !== undefined && typeof width === "number" ? { name, kind, width } : undefined;
}

/** The input of the classifier that ends in this output, or undefined where the output is itself a feature. */
function classifierInput(view: GraphView, output: string): string | undefined {
  const bare = view.back(output, verdicts);
  const widthOf = (value: string): number => candidateAt(view, value)?.width ?? 0;
  const looksLikeClasses =
    view.back(output, rearranging) !== bare ||
    classifierName.test(output) ||
    [output, bare].some((value) => usualClassCounts.has(widthOf(value)));
  const saysFeatures = featureName.test(output) && !looksLikeClasses;

  const dense = view.denseInput(bare);
  // A dense layer that ends a network is its classifier unless it says that it projects features (CLIP does).
  if (dense !== undefined) return saysFeatures ? undefined : dense;

  const last = view.back(bare, pools);
  const pointwise = view.pointwiseInput(last);
  if (pointwise === undefined || featureName.test(output)) return undefined;
  // A 1x1 convolution before the last pool ends SqueezeNet's classifier, but MobileNet v2's body too, which widens.
  const narrows = 2 * widthOf(last) < widthOf(pointwise);
  return looksLikeClasses || narrows ? pointwise : undefined;
}

/**
 * Values that can serve as feature vector, the best first: what feeds the classifier, then earlier dense layers'
 * inputs, then the last map before them; for a headless network its output. Shapes must have been inferred.
 */
export function featureCandidates(model: Model): readonly FeatureCandidate[] {
  const view = new GraphView(model.graph);
  const found = new Map<string, FeatureCandidate>();
  const add = (name: string): void => {
    const candidate = candidateAt(view, name);
    if (candidate !== undefined && !found.has(name)) found.set(name, candidate);
  };
  // An output that says it is the feature vector is believed before any search.
  const outputs = model.graph.outputs.map((value) => value.name);
  const ordered = [
    ...outputs.filter((name) => featureName.test(name)),
    ...outputs.filter((name) => !featureName.test(name)),
  ];
  for (const output of ordered) {
    let value = classifierInput(view, output);
    if (value === undefined) {
      add(output);
      value = output;
    }
    for (let current: string | undefined = value; current !== undefined; ) {
      current = view.back(current, new Set(["Dropout", "Identity"]));
      add(current);
      current = earlier(view, current);
    }
  }
  return [...found.values()];
}

/** The next place further back at which a network may be cut; undefined once the convolutions are reached. */
function earlier(view: GraphView, value: string): string | undefined {
  if (view.shape(value)?.length === 4 && !view.isPooled(value)) return undefined;
  for (let current = value; ; ) {
    const dense = view.denseInput(current);
    if (dense !== undefined) return dense;
    const node = view.producer(current);
    const before = node && view.onlyMoving(node);
    if (before === undefined) return undefined;
    current = before;
    if (view.shape(current)?.length === 4 && !view.isPooled(current)) return current;
  }
}

/** The candidate that the user names. Throws BackboneError with the candidates and the nearest names. */
export function namedCandidate(model: Model, name: string, file: string): FeatureCandidate {
  const candidate = candidateAt(new GraphView(model.graph), name);
  if (candidate !== undefined) return candidate;
  const candidates = featureCandidates(model).map((item) => item.name);
  const values = model.graph.nodes.flatMap((node) => node.outputs).filter((value) => value !== "");
  const isThere = values.includes(name);
  const near = isThere ? [] : closest(name, values);
  const quoted = (names: readonly string[]): string => names.map((item) => `'${item}'`).join(", ");
  const places = candidates.length > 0 ? `Places to cut: ${quoted(candidates)}. ` : "";
  throw new BackboneError(
    {
      what: isThere
        ? `'${name}' in ${file} is no place to cut: it is not known to be a vector, a map or a row of tokens that depends on the picture.`
        : `No tensor named '${name}' in ${file}.`,
      ...(near.length > 0 && { why: `Closest: ${quoted(near)}.` }),
      next: `${places}Pass ${candidates.length > 0 ? "one" : "a tensor's name, as Netron shows it,"} as --cut, or leave --cut out.`,
    },
    { candidates },
  );
}

/**
 * The model cut at the candidate and pooled to one vector a picture: its only output, float32 `features` [N, width];
 * an input of that name gets another.
 */
export function endAtFeatures(model: Model, { name, kind, width }: FeatureCandidate): Model {
  const view = new GraphView(model.graph);
  const known = model.graph.values.get(name) ?? { name, type: undefined };
  const builder = GraphBuilder.from(cut(model, [known]));
  const pooled = pool(builder, name, kind, view.shape(name));
  const isSingle = view.type(name)?.dtype === "float32";
  const vector = isSingle ? pooled : builder.op("Cast", [pooled], { to: 1 });
  builder.output(vector, "float32", ["N", width]);
  const ended = builder.model();
  const free = vector === featuresOutput ? ended : reserve(ended, [featuresOutput]);
  const { nodes, ...graph } = renameGraph(free.graph, (value) => (value === vector ? featuresOutput : value));
  return { ...free, graph: { ...graph, nodes: distinctNodeNames(nodes) } };
}

function pool(
  b: GraphBuilder,
  name: string,
  kind: FeatureCandidate["kind"],
  shape: Shape | undefined,
): string {
  if (kind === "vector") return name;
  if (kind === "map") return b.op("Flatten", [b.op("GlobalAveragePool", [name])], { axis: 1 });
  if (kind === "tokens" && hasClassToken(shape?.[1])) {
    return b.op("Gather", [name, b.constant(int64([0], []), "class_token")], { axis: 1 });
  }
  const axes = kind === "tokens" ? [1] : [1, 2];
  return b.op("ReduceMean", [name, b.constant(int64(axes), "axes")], { keepdims: 0 });
}

/** Patches make a square; one token more is the class token, two DeiT's with its teacher's, five DINOv2's with registers. */
function hasClassToken(tokens: Shape[number]): boolean {
  if (typeof tokens !== "number" || Number.isInteger(Math.sqrt(tokens))) return false;
  return [1, 2, 5].some((extra) => tokens > extra && Number.isInteger(Math.sqrt(tokens - extra)));
}
