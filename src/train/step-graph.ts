import { backward } from "../autodiff/backward.ts";
import { assert } from "../core/assert.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { feedInitializers } from "./loss-graph.ts";

/** What goes round: a tensor that goes into a step under one name and comes out of it, updated, under another. */
export interface Carried {
  readonly input: string;
  readonly output: string;
  /** Its value before the first step. */
  readonly start: Tensor;
}

export interface StepGraph {
  /** `rate` and `step` float32 [], what is carried, and the forward inputs, to the forward outputs and the updates. */
  readonly model: Model;
  readonly parameters: readonly Carried[];
  readonly state: readonly Carried[];
}

/**
 * One training step as one graph: forward, backward and update. `trainable` are initializers of `model`, `loss` its
 * scalar; weight decay spares vectors and scalars (biases, norms).
 */
export function stepGraph(
  model: Model,
  loss: string,
  trainable: readonly string[],
  optimizer: Optimizer,
): StepGraph {
  const differentiated = backward(model, loss, trainable);
  const b = GraphBuilder.from(differentiated.model);
  for (const { name } of model.graph.outputs) b.output(name);
  const rate = b.input("rate", "float32", []);
  const step = b.input("step", "float32", []);
  const parameters: Carried[] = [];
  const state: Carried[] = [];
  for (const weight of trainable) {
    const start = model.graph.initializers.get(weight);
    const gradient = differentiated.gradients.get(weight);
    assert(start && gradient, `${weight} is no initializer`);
    const slots = optimizer.slots.map((slot) => b.input(`${weight}/${slot}`, "float32", start.shape));
    const decays = start.shape.length > 1;
    const update = optimizer.update(b, { weight, gradient, rate, step, state: slots, decays });
    parameters.push({ input: weight, output: b.output(update.weight, "float32", start.shape), start });
    for (const [i, input] of slots.entries()) {
      const output = update.state[i];
      assert(output, `${optimizer.name} must update its ${optimizer.slots[i]}`);
      b.output(output, "float32", start.shape);
      state.push({
        input,
        output,
        start: float32(new Float32Array(start.bytes.byteLength / 4), start.shape),
      });
    }
  }
  return { model: feedInitializers(b.model(), trainable), parameters, state };
}
