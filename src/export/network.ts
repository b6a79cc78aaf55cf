import { float32, int64 } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { cut } from "../surgery/cut.ts";
import { join } from "../surgery/join.ts";
import {
  affine,
  fitToSquare,
  type Preprocess,
  pixelsInput,
  preprocessedOutput,
} from "../surgery/preprocess.ts";
import { probabilitiesOutput } from "./classifier.ts";

/** What the network proper is fed: float32 [1, size, size, 3], red green blue from 0 to 255. */
export const imageInput = "image";

/**
 * The classifier behind its resizing, for runtimes that have none as ours: float32 `image` [1, size, size, 3], red green
 * blue from 0 to 255, to float32 `probabilities` [1, classes]. Normalisation stays inside, so that no app can forget it.
 */
export function networkOf(classifier: Model, preprocess: Preprocess): Model {
  const { size, channels, layout } = preprocess;
  const { graph } = classifier;
  const shape = layout === "nchw" ? [1, 3, size, size] : [1, size, size, 3];
  const type = { kind: "tensor", dtype: "float32", shape } as const;
  const probabilities = graph.outputs.filter(({ name }) => name === probabilitiesOutput);
  const inputs = [{ ...graph.inputs[0]!, name: preprocessedOutput, type }];
  const nodes = graph.nodes.filter(({ outputs }) => !outputs.includes(preprocessedOutput));
  const behind = cut({ ...classifier, graph: { ...graph, nodes, inputs } }, probabilities);

  const b = new GraphBuilder({ opset: classifier.opsets.get("") ?? 18, name: "network" });
  const image = b.input(imageInput, "float32", [1, size, size, 3]);
  const ordered =
    channels === "rgb" ? image : b.op("Gather", [image, b.constant(int64([2, 1, 0]), "bgr")], { axis: 3 });
  const { weight, bias } = affine(preprocess);
  const scaled = b.op("Mul", [ordered, b.constant(float32(weight, [3]), "scale")]);
  const normalised = b.op("Add", [scaled, b.constant(float32(bias, [3]), "shift")]);
  const placed = layout === "nchw" ? b.op("Transpose", [normalised], { perm: [0, 3, 1, 2] }) : normalised;
  b.output(placed, "float32", shape);
  const joined = join(b.model(), behind, { [preprocessedOutput]: placed });
  return { ...joined, metadata: new Map() };
}

/** What an app does before the network: uint8 `pixels` [1, H, W, 3] of any H and W to `image` as `networkOf` takes it. */
export function fittingOf(preprocess: Preprocess): Model {
  const b = new GraphBuilder({ opset: 18, name: "fitting" });
  const pixels = b.op("Cast", [b.input(pixelsInput, "uint8", [1, "H", "W", 3])], { to: 1 });
  const image = b.op("Identity", [fitToSquare(b, pixels, preprocess)], {}, { outputs: [imageInput] });
  b.output(image, "float32", [1, preprocess.size, preprocess.size, 3]);
  return b.model();
}
