import { derived, type Random } from "../../core/random.ts";
import { float32, floats, type Tensor } from "../../core/tensor.ts";
import type { Model } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime } from "../../runtime/session.ts";
import { blocksOf } from "../../surgery/blocks.ts";
import { drawFresh } from "../../surgery/fresh-weights.ts";
import type { Backbone } from "../backbone.ts";
import { feedInitializers } from "../loss-graph.ts";

const normalisers: ReadonlySet<string> = new Set([
  "BatchNormalization",
  "GroupNormalization",
  "InstanceNormalization",
  "LayerNormalization",
]);
const layers: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/**
 * The base with its weights drawn anew. A network without normalisation, or whose BatchNorm came folded already, then has
 * each layer scaled so that its output has variance 1 (layer-sequential unit variance, Mishkin and Matas 2016): what
 * is drawn for a layer alone fades or explodes over fifty of them. The same seed gives the same weights.
 */
export async function redrawn(backbone: Backbone, seed: number, runtime: Runtime): Promise<Backbone> {
  const model = drawFresh(inferShapes(backbone.model), derived(seed, 1));
  const normalised = model.graph.nodes.some(({ opType }) => normalisers.has(opType));
  const settled = normalised ? model : await unitVariance(model, backbone, derived(seed, 2), runtime);
  return { ...backbone, model: settled, bytes: writeModel(settled) };
}

/** Pictures that the layers are measured on. */
const pictures = 8;

async function unitVariance(
  model: Model,
  { input, preprocess }: Backbone,
  rng: Random,
  runtime: Runtime,
): Promise<Model> {
  const { graph } = model;
  const weights = new Set(blocksOf(graph).flatMap((block) => block.weights));
  const scaled = graph.nodes.flatMap(({ opType, inputs, outputs }) => {
    const weight = inputs.find((name) => weights.has(name));
    const output = outputs[0];
    return layers.has(opType) && weight !== undefined && output !== undefined ? [{ weight, output }] : [];
  });
  const outputs = scaled.map(({ output }) => ({ name: output, type: undefined }));
  const names = scaled.map(({ weight }) => weight);
  const measuring = feedInitializers({ ...model, graph: { ...graph, outputs } }, names);
  const session = await runtime.load(writeModel(measuring));
  const initializers = new Map(graph.initializers);
  try {
    const feeds = { [input]: blots(preprocess.size, preprocess.layout, rng) };
    for (const { weight, output } of scaled) {
      const own = Object.fromEntries(names.map((name) => [name, initializers.get(name)!]));
      const answer = await session.run({ ...feeds, ...own }, [output]);
      const std = deviation(floats(answer[output]!));
      const tensor = initializers.get(weight);
      if (tensor === undefined || !(std > 0) || !Number.isFinite(std)) continue;
      initializers.set(
        weight,
        float32(
          floats(tensor).map((value) => value / std),
          tensor.shape,
        ),
      );
    }
  } finally {
    await session.release();
  }
  return { ...model, graph: { ...graph, initializers } };
}

function deviation(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean));
}

/** Normalised pictures of coloured blots, smooth as photographs are: white noise would be averaged away by each kernel. */
function blots(size: number, layout: "nchw" | "nhwc", rng: Random): Tensor {
  const cells = 6;
  const data = new Float32Array(pictures * 3 * size * size);
  for (let picture = 0; picture < pictures; picture++) {
    for (let channel = 0; channel < 3; channel++) {
      const grid = Float32Array.from({ length: (cells + 1) ** 2 }, () => rng.normal());
      const at = (y: number, x: number): number => grid[y * (cells + 1) + x] ?? 0;
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const [gy, gx] = [(y / size) * cells, (x / size) * cells];
          const [top, left] = [Math.floor(gy), Math.floor(gx)];
          const [down, right] = [gy - top, gx - left];
          const above = at(top, left) * (1 - right) + at(top, left + 1) * right;
          const below = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
          const place =
            layout === "nchw"
              ? ((picture * 3 + channel) * size + y) * size + x
              : ((picture * size + y) * size + x) * 3 + channel;
          data[place] = above * (1 - down) + below * down;
        }
      }
    }
  }
  return float32(data, layout === "nchw" ? [pictures, 3, size, size] : [pictures, size, size, 3]);
}
