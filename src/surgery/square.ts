import { scalar } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { fitToSquare, type Preprocess, pixelsInput } from "./preprocess.ts";

export const squareOutput = "square";

const float = 1;
const uint8 = 2;

/**
 * The graph from uint8 `pixels` [N, H, W, 3] of any H and W to the square of `size` that the network's fit makes of them:
 * uint8 `square` [N, size, size, 3], rounded. What augmentation starts from.
 */
export function squareGraph(preprocess: Preprocess, size: number, opset: number): Model {
  const b = new GraphBuilder({ opset, name: "square" });
  const pixels = b.input(pixelsInput, "uint8", ["N", "H", "W", 3]);
  const fitted = fitToSquare(b, b.op("Cast", [pixels], { to: float }), { ...preprocess, size });
  const held = b.op("Clip", [b.op("Round", [fitted]), b.constant(scalar(0)), b.constant(scalar(255))]);
  b.op("Cast", [held], { to: uint8 }, { outputs: [squareOutput] });
  b.output(squareOutput, "uint8", ["N", size, size, 3]);
  return b.model();
}
