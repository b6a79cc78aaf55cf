import {
  type Choice,
  child,
  children,
  finish,
  int8,
  numbers,
  type Part,
  table,
  text,
  union,
} from "./flat.ts";

/*
 * TFLite Metadata: what apps, Android's code generator and the task libraries know of a model.
 * Source of the columns' numbers: tensorflow_lite_support/metadata/metadata_schema.fbs of tensorflow/tflite-support.
 */

const identifier = "M001";
/** Nothing here is younger than the format's first version. */
const minParserVersion = "1.0.0";

const ModelMetadata = {
  name: text(0),
  description: text(1),
  version: text(2),
  subgraphs: children(3),
  author: text(4),
  licence: text(5),
  minParserVersion: text(7),
};
const SubGraphMetadata = { inputs: children(2), outputs: children(3) };
const TensorMetadata = {
  name: text(0),
  description: text(1),
  content: child(3),
  processUnits: children(4),
  stats: child(5),
  files: children(6),
};
const Content = { properties: union(0) };
const ProcessUnit = { options: union(0) };
const Stats = { max: numbers(0), min: numbers(1) };
const AssociatedFile = { name: text(0), description: text(1), type: int8(2) };

const tensorAxisLabels = 2;
const rgb = 1;
const feature: Choice = { type: 1, value: table({}, {}) };
const image: Choice = { type: 2, value: table({ colorSpace: int8(0) }, { colorSpace: rgb }) };

/** (x - mean) / std; without the unit, a library would take its own. */
function normalization(mean: number, std: number): Choice {
  return { type: 1, value: table({ mean: numbers(0), std: numbers(1) }, { mean: [mean], std: [std] }) };
}

function tensor(values: Parameters<typeof table<typeof TensorMetadata>>[1]): Part {
  return table(TensorMetadata, values);
}

/** What is said of a model as a whole. */
export interface About {
  readonly name: string;
  readonly description?: string;
  readonly version?: string;
  readonly author?: string;
  readonly licence?: string;
}

/** The metadata of a classifier that is fed pictures as they are, 0 to 255; `labelsFile` stands in its archive. */
export function classifierMetadata(
  { name, description, version = "1", author, licence }: About,
  [input, output]: readonly [input: string, output: string],
  labelsFile: string,
): Uint8Array {
  const inputs = [
    tensor({
      name: input,
      description: "The picture: red, green and blue from 0 to 255.",
      content: table(Content, { properties: image }),
      // The network itself normalises.
      processUnits: [table(ProcessUnit, { options: normalization(0, 1) })],
      stats: table(Stats, { max: [255], min: [0] }),
    }),
  ];
  const labels = { name: labelsFile, description: "The classes, one a line.", type: tensorAxisLabels };
  const outputs = [
    tensor({
      name: output,
      description: "How probable each class is.",
      content: table(Content, { properties: feature }),
      stats: table(Stats, { max: [1], min: [0] }),
      files: [table(AssociatedFile, labels)],
    }),
  ];
  const root = table(ModelMetadata, {
    name,
    version,
    minParserVersion,
    subgraphs: [table(SubGraphMetadata, { inputs, outputs })],
    ...(description !== undefined && { description }),
    ...(author !== undefined && { author }),
    ...(licence !== undefined && { licence }),
  });
  return finish(root, identifier);
}
