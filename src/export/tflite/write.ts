import type { Program } from "../channels-last/program.ts";
import { probabilitiesOutput } from "../classifier.ts";
import { imageInput } from "../network.ts";
import { TfliteFile, type Weights } from "./file.ts";
import { type About, classifierMetadata } from "./metadata.ts";
import { withArchive } from "./stored-zip.ts";

export interface TfliteOptions extends About {
  readonly weights: Weights;
  /** Class names in the order of the probabilities. */
  readonly labels: readonly string[];
}

/** The names by which apps ask for a classifier's file of class names. */
const labelsFile = "labels.txt";

/**
 * A classifier as a .tflite file: it takes one picture, float32 [1, height, width, 3] of 0 to 255, and answers
 * probabilities [1, classes]; further outputs follow under their own names. With its class names, as TFLite Metadata has
 * them. Throws RangeError for a program of several inputs.
 */
export function writeTflite(program: Program, options: TfliteOptions): Uint8Array {
  const [input, ...inputs] = program.inputs;
  const [output, ...outputs] = program.outputs;
  if (input === undefined || output === undefined || inputs.length > 0)
    throw new RangeError(`A classifier has one input and an output: '${program.name}' has others.`);
  const file = new TfliteFile(program, options.weights);
  for (const step of program.steps) file.add(step);
  const names = [imageInput, probabilitiesOutput] as const;
  file.attach("TFLITE_METADATA", classifierMetadata(options, names, labelsFile));
  const model = file.finish(
    options.description ?? options.name,
    { [names[0]]: input },
    { [names[1]]: output, ...Object.fromEntries(outputs.map((name) => [name, name])) },
  );
  // A class name of two lines would shift all behind it.
  const labels = options.labels.map((label) => label.replaceAll(/[\r\n]+/g, " ")).join("\n");
  return withArchive(model, [{ name: labelsFile, bytes: new TextEncoder().encode(labels) }]);
}
