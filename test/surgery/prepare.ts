import { expect } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { normalisations } from "../../src/surgery/preprocess.ts";
import { type Backbone, prepareBackbone } from "../../src/train/backbone.ts";
import { run } from "./run.ts";

interface Options {
  readonly size?: number;
  readonly cut?: string;
}

/** A backbone of the model, its pictures from 0 to 1. */
export function prepare(model: Model, options: Options = {}): Promise<Backbone> {
  const preprocess = normalisations.unit;
  return prepareBackbone(model, { name: "net.onnx", preprocess, ...options }, nodeRuntime());
}

/** What the backbone makes of pictures. */
export async function featuresOf(backbone: Backbone, pictures: Tensor): Promise<Tensor> {
  const answer = await run(backbone.bytes, { [backbone.input]: pictures });
  expect(Object.keys(answer)).toEqual([backbone.output]);
  return answer[backbone.output]!;
}
