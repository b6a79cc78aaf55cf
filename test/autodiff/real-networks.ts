import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { loadModel } from "../../src/onnx/load-node.ts";
import { blocksOf } from "../../src/surgery/blocks.ts";
import { prepare } from "../surgery/prepare.ts";
import { type Network, pictures } from "./networks.ts";

const folder = resolve(import.meta.dirname, "../../../shared/assets/models");
/** Small, to be quick. */
const size = 64;

export const mobileNetV1 = "mobilenet_v1_1.0_224.onnx";
export const mobileNetV2 = "mobilenet_v2_1.0_224_features.onnx";
export const squeezeNet = "squeezenet1.1.onnx";

export function isThere(file: string): boolean {
  return existsSync(resolve(folder, file));
}

/** A pretrained network as training meets it: cut at its features, folded, for pictures of 64 px. */
export async function realNetwork(file: string): Promise<Network> {
  const { model, width, input } = await prepare(await loadModel(resolve(folder, file)), { size });
  const weights = blocksOf(model.graph).flatMap((block) => block.weights);
  const feeds = (batch: number, seed: number) => ({ [input]: pictures(batch, seed, size) });
  return { model, width, weights, feeds };
}
