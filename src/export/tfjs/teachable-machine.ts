import type { Program, Step } from "../channels-last/program.ts";
import { LayerPen } from "./layer-pen.ts";
import { layerOf } from "./layer-steps.ts";
import { Layers, type Output } from "./layers.ts";
import { findStandardised, type Standardised } from "./standardised.ts";
import { packed } from "./weights.ts";

export interface TeachableMachineOptions {
  /** Class names in the order of the probabilities. */
  readonly labels: readonly string[];
  readonly name?: string;
}

/** The TensorFlow.js that @teachablemachine/image was built with: no layer that came later is used. */
const tfjsVersion = "1.3.1";

/**
 * The program as the three files that Teachable Machine downloads and `tmImage.load(modelURL, metadataURL)` reads:
 * `model.json`, `weights.bin` and `metadata.json`. The loader knows Keras models only (`tf.loadLayersModel`), so a step
 * without a Keras layer is refused. It feeds the middle square, resized to the network's size, as pixel / 127 - 1; the
 * first layer takes that back. Throws TeachableMachineError.
 */
export function writeTeachableMachine(
  program: Program,
  { labels, name = "tsugiki" }: TeachableMachineOptions,
): ReadonlyMap<string, Uint8Array> {
  const layers = new Layers();
  const [image = ""] = program.inputs;
  const { shape } = program.values.get(image)!;
  const fed = layers.input(shape);
  const pen = new LayerPen(layers, program, new Map([[image, layers.scaled(fed, 127, 127)]]));
  const { ends, within } = findStandardised(program);
  for (const step of program.steps) {
    if (within.has(step.output)) continue;
    const end = ends.get(step.output);
    pen.made(step, end ? standardising(pen, step, end) : layerOf(pen, step));
  }
  const topology = layers.topology(
    fed,
    program.outputs.map((name) => pen.output(name)),
  );
  const { manifest, files } = packed(layers.weights, "float32", Number.MAX_SAFE_INTEGER);
  const weights = [...files.values()][0]!;
  const model = {
    format: "layers-model",
    generatedBy: "tsugiki",
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: manifest.map((group) => ({ ...group, paths: ["weights.bin"] })),
  };
  const metadata = {
    tfjsVersion,
    packageName: "@teachablemachine/image",
    modelName: name,
    userMetadata: { generatedBy: "tsugiki" },
    labels,
    imageSize: shape[1],
  };
  const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return new Map([
    ["model.json", json(model)],
    ["metadata.json", json(metadata)],
    ["weights.bin", weights],
  ]);
}

function standardising(pen: LayerPen, step: Step, { input, axes, epsilon }: Standardised): Output {
  const x = pen.x(step, input);
  return pen.k.add("LayerNormalization", { axis: axes, epsilon, scale: false, center: false }, [x], x.shape);
}
