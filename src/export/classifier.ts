import { reason } from "../core/errors.ts";
import { type Fields, isFields } from "../core/json.ts";
import { listOf, oneOrMore } from "../core/list.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Dim, Graph, Model, ValueInfo } from "../onnx/graph.ts";
import { maxSide } from "../surgery/image-input.ts";
import { distinctNodeNames, join, reserve } from "../surgery/join.ts";
import { fits, type Preprocess, pixelsInput } from "../surgery/preprocess.ts";
import { ClassifierError } from "./errors.ts";

export const probabilitiesOutput = "probabilities";
export const embeddingOutput = "embedding";
/** How strange a picture is, and whether that is beyond the threshold: of classifiers that tell "none of these". */
export const strangenessOutput = "strangeness";
export const unknownOutput = "unknown";

/** A base as an exported classifier names it. */
export interface BaseRecord {
  readonly name: string;
  /** sha256 of the base model's file. */
  readonly sha256: string;
  /** The tensor at which it was cut. */
  readonly cut: string;
  readonly licence: string | null;
}

/** What an exported classifier says of itself, in its metadata; of several bases, two lists in the same order. */
export interface ClassifierRecord {
  /** Class names in the order of the probabilities. */
  readonly labels: readonly string[];
  /** Left out where classes exclude each other; "multi-label": each probability stands by itself, and any number hold. */
  readonly task?: "multi-label";
  readonly preprocess: Preprocess | readonly Preprocess[];
  readonly base: BaseRecord | readonly BaseRecord[];
  /** What the logits were divided by to make the probabilities honest; the head's weights have it in them. */
  readonly temperature?: number;
  /** Where the graph tells "none of these": above `threshold` it does, wrongly for this share of known pictures. */
  readonly unknown?: { readonly threshold: number; readonly falseRejections: number };
  /** Prediction sets: for each coverage, the classes whose 1 - p is at most the threshold. Left out where there are none. */
  readonly sets?: readonly { readonly coverage: number; readonly threshold: number }[];
  /** Options, seed, data fingerprint and figures of the training, as plain JSON. */
  readonly training: Readonly<Record<string, unknown>>;
}

const recordKey = "tsugiki.classifier";
/** Read by tools that know nothing of Tsugiki: names joined by line ends, as `labels.txt` has them. */
const labelsKey = "labels";

/**
 * The finished classifier as one graph: uint8 `pixels` [N, H, W, 3] of any H and W in, float32 `probabilities`
 * [N, classes] and `embedding` [N, width] out. `features` is the graph from pixels to the feature vector, its only
 * output; `head` takes `features` to `logits`.
 * The probabilities are a Softmax of the logits, or, of several labels at once, a Sigmoid of each.
 * With `strangeness`, a graph from `features` to them, two outputs more: float32 `strangeness` [N] and bool `unknown` [N].
 * A network whose batch is fixed at 1 gives a classifier of one picture at a time.
 */
export function buildClassifier(
  features: Model,
  head: Model,
  record: ClassifierRecord,
  strangeness?: Model,
): Model {
  const further = strangeness ? [strangenessOutput, unknownOutput] : [];
  const body = reserve(features, [probabilitiesOutput, embeddingOutput, "logits", ...further]);
  const vector = body.graph.outputs[0]!;
  // Operators of heads are the same in every operator set from the head's on.
  const classified = join(body, { ...head, opsets: body.opsets }, { features: vector.name });
  const joined = strangeness
    ? join(classified, { ...strangeness, opsets: body.opsets }, { features: vector.name })
    : classified;
  const shape = vector.type?.kind === "tensor" ? vector.type.shape : undefined;
  const batch = shape?.[0] === 1 ? 1 : "N";
  const inputs = joined.graph.inputs.map((input) => withBatch(input, batch));
  const b = GraphBuilder.from({
    ...joined,
    graph: { ...joined.graph, name: "tsugiki classifier", inputs },
    metadata: new Map(),
  });
  const [opType, attributes] = record.task === "multi-label" ? ["Sigmoid", {}] : ["Softmax", { axis: -1 }];
  b.op(opType, ["logits"], attributes, { outputs: [probabilitiesOutput] });
  b.op("Identity", [vector.name], {}, { outputs: [embeddingOutput] });
  b.output(probabilitiesOutput, "float32", [batch, record.labels.length]);
  b.output(embeddingOutput, "float32", [batch, shape?.[1]]);
  if (strangeness) {
    b.output(strangenessOutput, "float32", [batch]);
    b.output(unknownOutput, "bool", [batch]);
  }
  const license = licenceOf(record);
  const classifier = b.model({
    metadata: {
      [recordKey]: JSON.stringify(record),
      [labelsKey]: labelLines(record.labels),
      ...(license !== undefined && { license }),
    },
  });
  const { graph } = classifier;
  return { ...classifier, graph: { ...graph, nodes: distinctNodeNames(graph.nodes) } };
}

/** As an SPDX expression; where one base states none, nothing can be said of the whole. */
function licenceOf({ base }: ClassifierRecord): string | undefined {
  const all = new Set(listOf(base).map(({ licence }) => licence));
  return all.has(null) ? undefined : [...all].join(" AND ");
}

function withBatch(input: ValueInfo, batch: Dim): ValueInfo {
  const { type } = input;
  if (type?.kind !== "tensor" || type.shape === undefined) return input;
  return { ...input, type: { ...type, shape: [batch, ...type.shape.slice(1)] } };
}

/** A label a line, whatever stands in it: what the metadata and `labels.txt` of exports hold. */
export function labelLines(labels: readonly string[]): string {
  return labels.map((label) => label.replace(/[\r\n]+/g, " ")).join("\n");
}

/** Whether a model says that it is a classifier of Tsugiki's. */
export function isClassifier({ metadata }: Model): boolean {
  return metadata.has(recordKey);
}

/** What a classifier file says of itself. Throws ClassifierError for a model that Tsugiki did not export. */
export function readClassifierRecord({ metadata, graph }: Model, file: string): ClassifierRecord {
  const text = metadata.get(recordKey);
  const lacks = missingPart(graph, text !== undefined);
  if (text === undefined || lacks !== undefined) {
    throw new ClassifierError(
      {
        what: `${file} is no classifier made by Tsugiki.`,
        why: `It has no ${lacks}.`,
        next: "Train one with `tsugiki train`; pass this file there as --base if it is a pretrained network.",
      },
      { file },
    );
  }
  try {
    return checkedRecord(JSON.parse(text), graph);
  } catch (cause) {
    throw new ClassifierError(
      {
        what: `The record inside ${file} cannot be read.`,
        why: `${reason(cause)}.`,
        next: "The file was changed after training: train again.",
      },
      { file },
      { cause },
    );
  }
}

function missingPart({ inputs, outputs }: Graph, hasRecord: boolean): string | undefined {
  if (!hasRecord) return `'${recordKey}' in its metadata`;
  if (!inputs.some(({ name }) => name === pixelsInput)) return `input '${pixelsInput}'`;
  const output = [probabilitiesOutput, embeddingOutput].find(
    (wanted) => !outputs.some(({ name }) => name === wanted),
  );
  return output && `output '${output}'`;
}

function classesOf({ outputs }: Graph): Dim {
  const type = outputs.find(({ name }) => name === probabilitiesOutput)?.type;
  return type?.kind === "tensor" ? type.shape?.[1] : undefined;
}

/** The record, after a look at every field that the code behind relies on. */
function checkedRecord(value: unknown, graph: Graph): ClassifierRecord {
  const classes = classesOf(graph);
  const refuse = (what: string): Error => new Error(what);
  if (!isFields(value)) throw refuse("It is not a JSON object");
  const { labels, task, preprocess, base, training } = value;
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string"))
    throw refuse("Its labels are not a list of names");
  if (typeof classes === "number" && classes !== labels.length)
    throw refuse(`It names ${labels.length} classes, the network has ${classes}`);
  if (task !== undefined && task !== "multi-label") throw refuse(`Its task is ${JSON.stringify(task)}`);
  const [ways, bases]: [readonly unknown[], readonly unknown[]] = [listOf(preprocess), listOf(base)];
  if (ways.length === 0 || !ways.every(isPreprocess)) throw refuse("Its preprocessing is not whole");
  if (bases.length === 0 || !bases.every(isBase)) throw refuse("Its base is not named");
  if (ways.length !== bases.length)
    throw refuse(`It names ${bases.length} bases and the preprocessing of ${ways.length}`);
  return {
    labels,
    ...(task && { task }),
    preprocess: oneOrMore(ways),
    base: oneOrMore(bases),
    ...opinionOf(value, graph),
    training: isFields(training) ? training : {},
  };
}

/** What the record says of its own answers; files of earlier versions say nothing. */
function opinionOf(
  { temperature, unknown, sets }: Fields,
  { outputs }: Graph,
): Pick<ClassifierRecord, "temperature" | "unknown" | "sets"> {
  const refuse = (what: string): Error => new Error(what);
  if (temperature !== undefined && !(isNumber(temperature) && temperature > 0))
    throw refuse(`Its temperature is ${JSON.stringify(temperature)}`);
  if (unknown !== undefined && !isThreshold(unknown))
    throw refuse("Its threshold of the unknown is not whole");
  const lacking = [strangenessOutput, unknownOutput].find(
    (wanted) => !outputs.some(({ name }) => name === wanted),
  );
  if (unknown !== undefined && lacking !== undefined)
    throw refuse(`It tells what is unknown, and the network has no output '${lacking}'`);
  if (sets !== undefined && !(Array.isArray(sets) && sets.every(isRule)))
    throw refuse("Its rules of prediction sets are not whole");
  return {
    ...(temperature !== undefined && { temperature }),
    ...(unknown !== undefined && { unknown }),
    ...(sets !== undefined && { sets }),
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isThreshold(fields: unknown): fields is NonNullable<ClassifierRecord["unknown"]> {
  return isFields(fields) && isNumber(fields.threshold) && isNumber(fields.falseRejections);
}

function isRule(fields: unknown): fields is NonNullable<ClassifierRecord["sets"]>[number] {
  return isFields(fields) && isNumber(fields.coverage) && isNumber(fields.threshold);
}

function isPreprocess(fields: unknown): fields is Preprocess {
  if (!isFields(fields)) return false;
  const isTriple = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
  const { size, scale, mean, std, fit, channels, layout } = fields;
  return (
    Number.isInteger(size) &&
    Number(size) > 0 &&
    Number(size) <= maxSide &&
    Number.isFinite(scale) &&
    isTriple(mean) &&
    isTriple(std) &&
    fits.some((known) => known === fit) &&
    (channels === "rgb" || channels === "bgr") &&
    (layout === "nchw" || layout === "nhwc")
  );
}

function isBase(fields: unknown): fields is BaseRecord {
  if (!isFields(fields)) return false;
  const { name, sha256, cut, licence } = fields;
  const areTexts = [name, sha256, cut].every((text) => typeof text === "string");
  return areTexts && (licence === null || typeof licence === "string");
}
