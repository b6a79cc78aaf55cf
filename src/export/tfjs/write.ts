import type { Program, Step } from "../channels-last/program.ts";
import { inputsOf } from "../channels-last/tidy.ts";
import { float, GraphDef, shapeAttr } from "./graph-def.ts";
import { writeStep } from "./steps.ts";
import { packed } from "./weights.ts";

export interface TfjsOptions {
  /** Class names in the order of the probabilities. */
  readonly labels: readonly string[];
  /** How numbers are kept in the files; "float16" halves them, and TensorFlow.js computes in float32 all the same. */
  readonly weights?: "float32" | "float16";
}

/**
 * The program as a TensorFlow.js graph model, by file name: `model.json` and the weights in shards of at most 4 MiB.
 * `tf.loadGraphModel` reads it; input and output keep their names, and the labels stand in `userDefinedMetadata`.
 */
export function writeTfjs(
  program: Program,
  { labels, weights = "float32" }: TfjsOptions,
): ReadonlyMap<string, Uint8Array> {
  const g = new GraphDef([...program.inputs, ...program.outputs]);
  for (const name of program.inputs) {
    const attr = { dtype: float, shape: shapeAttr(program.values.get(name)!.shape) };
    g.nodes.push({ name, op: "Placeholder", attr });
  }
  const laidOut = new Set(program.steps.flatMap(layoutOf));
  for (const name of new Set(program.steps.flatMap(inputsOf))) {
    const constant = program.constants.get(name);
    if (constant !== undefined && !laidOut.has(name)) g.constant(constant, g.name(name));
  }
  for (const step of program.steps) writeStep(g, step, program);
  const { manifest, files } = packed(g.weights, weights);
  const described = (names: readonly string[]) =>
    Object.fromEntries(
      names.map((name) => {
        const { shape } = program.values.get(name)!;
        return [name, { name: `${name}:0`, dtype: "DT_FLOAT", tensorShape: shapeAttr(shape).shape }];
      }),
    );
  const model = {
    format: "graph-model",
    generatedBy: "tsugiki",
    convertedBy: null,
    signature: { inputs: described(program.inputs), outputs: described(program.outputs) },
    userDefinedMetadata: { labels },
    modelTopology: { node: g.nodes, library: {}, versions: { producer: 1395, minConsumer: 12 } },
    weightsManifest: manifest,
  };
  return new Map([["model.json", new TextEncoder().encode(JSON.stringify(model))], ...files]);
}

/** Constants that a layer's writer lays out in TensorFlow's own way. */
function layoutOf(step: Step): readonly string[] {
  if (step.op === "fullyConnected") return [step.weights];
  return step.op === "conv2d" || step.op === "depthwiseConv2d" ? [step.filter] : [];
}
