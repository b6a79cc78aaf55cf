import { backward } from "../autodiff/backward.ts";
import { GradientError } from "../autodiff/errors.ts";
import { assert } from "../core/assert.ts";
import { float32, floats, sizeOf, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { prune } from "../surgery/cut.ts";
import type { Grid } from "./heat.ts";

/** The input that says which class is asked for: [classes, 1], 1 at the class and 0 elsewhere. */
export const classInput = "class";

export interface MapGradient {
  /** From the maps and `class` to `gradients`; from `pixels` too where the rest of the network needs it. */
  readonly model: Model;
  /** d logit / d map, of the map's shape, in the order of the maps. */
  readonly gradients: readonly string[];
}

/** A map by its name, and its shape [1, C, h, w]. */
export interface MapShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The part of a classifier behind its maps, and its gradient by them: logit = Σ class · logits => d logit / d map.
 * Throws GradientError for an operator without a rule.
 */
export function mapGradient(
  model: Model,
  logits: string,
  maps: readonly MapShape[],
  classes: number,
): MapGradient {
  const cutAt = new Set(maps.map(({ name }) => name));
  // A map is a weight to the backward walk, which asks for no more than its shape.
  const initializers = new Map(model.graph.initializers);
  for (const { name, shape } of maps) initializers.set(name, float32(new Float32Array(sizeOf(shape)), shape));
  const behind = prune({
    ...model.graph,
    nodes: model.graph.nodes.filter(({ outputs }) => !outputs.some((output) => cutAt.has(output))),
    outputs: [{ name: logits, type: undefined }],
    values: new Map(),
    initializers,
  });
  const needed = new Set(behind.nodes.flatMap(({ inputs }) => inputs));
  const inputs = behind.inputs.filter(({ name }) => needed.has(name));
  const b = GraphBuilder.from({ ...model, metadata: new Map(), graph: { ...behind, inputs } });
  const which = b.input(classInput, "float32", [classes, 1]);
  const logit = b.op("MatMul", [logits, which], {}, { name: "logit" });
  b.output(logit, "float32", [1, 1]);
  const names = maps.map(({ name }) => name);
  const differentiated = backward(b.model(), logit, names);
  const { graph } = differentiated.model;
  const gradients = names.map((name) => differentiated.gradients.get(name)!);
  return {
    gradients,
    model: {
      ...differentiated.model,
      graph: {
        ...graph,
        initializers: new Map([...graph.initializers].filter(([name]) => !cutAt.has(name))),
        inputs: [
          ...graph.inputs,
          ...maps.map(({ name, shape }) => ({
            name,
            type: { kind: "tensor", dtype: "float32", shape } as const,
          })),
        ],
      },
    },
  };
}

/** As `mapGradient`, or why there is no gradient. */
export function tryMapGradient(
  ...asked: Parameters<typeof mapGradient>
): MapGradient | { readonly why: string } {
  try {
    return mapGradient(...asked);
  } catch (error) {
    if (!(error instanceof GradientError)) throw error;
    return { why: error.parts.what.replace(/\.$/, "") };
  }
}

/**
 * Grad-CAM (Selvaraju et al. 2017): α_c = mean over positions of d logit / d A_c, heat = ReLU(Σ_c α_c A_c).
 * `map` and `gradient` are [1, C, h, w]; the heat is h x w, not normalised.
 */
export function gradCam(map: Tensor, gradient: Tensor): Grid {
  const [batch = 0, channels = 0, height = 0, width = 0] = map.shape;
  assert(batch === 1 && map.shape.length === 4, `a map is [1, C, h, w], not [${map.shape}]`);
  assert(`${gradient.shape}` === `${map.shape}`, `the gradient [${gradient.shape}] is of [${map.shape}]`);
  const [a, g] = [floats(map), floats(gradient)];
  const positions = width * height;
  const values = new Float32Array(positions);
  for (let c = 0; c < channels; c++) {
    const from = c * positions;
    let alpha = 0;
    for (let i = 0; i < positions; i++) alpha += g[from + i]! / positions;
    for (let i = 0; i < positions; i++) values[i]! += alpha * a[from + i]!;
  }
  return { width, height, values: values.map((value) => Math.max(0, value)) };
}
