import { expect } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats, int64, sizeOf, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";

interface GradientCheck {
  /** Shapes of the trainable weights, by name. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** What the graph's inputs are fed. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Writes the graph, which has the weights as initializers already, and returns its output. */
  readonly build: (b: GraphBuilder) => string;
  readonly seed: number;
  /** 1 is exact where the output is linear in the weights taken together. Default 0.01. */
  readonly step?: number;
  readonly opset?: number;
}

/**
 * Holds the gradient by each weight on its own to the central difference in one random direction, for loss = Σ v·y with
 * a random v. Returns the operators of the backward pass.
 */
export async function checkGradients(check: GradientCheck): Promise<readonly string[]> {
  const { weights, feeds, build, seed, step = 1e-2, opset = 18 } = check;
  const rng = random(seed);
  const draw = (shape: readonly number[]): Float32Array =>
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * rng.next() - 1);
  const values = new Map(Object.entries(weights).map(([name, shape]) => [name, draw(shape)]));

  const begin = (at: ReadonlyMap<string, Float32Array>): [GraphBuilder, string] => {
    const b = new GraphBuilder({ opset });
    for (const [name, data] of at) b.initializer(name, float32(data, weights[name] ?? []));
    return [b, build(b)];
  };
  const run = async (model: Model): Promise<Record<string, Tensor>> => {
    const session = await nodeRuntime().load(writeModel(model));
    const answer = await session.run(feeds);
    await session.release();
    return answer;
  };
  const output = async (at: ReadonlyMap<string, Float32Array>): Promise<Float32Array> => {
    const [b, y] = begin(at);
    b.output(y, "float32", undefined);
    return floats((await run(b.model()))[y]!);
  };

  const v = draw([(await output(values)).length]);
  const [b, y] = begin(values);
  const row = b.op("Reshape", [y, b.constant(int64([1, -1]))]);
  b.op("Gemm", [row, b.constant(float32(v, [v.length, 1]))], {}, { outputs: ["loss"] });
  const forward = b.model().graph.nodes.length;
  const { model, gradients } = backward(b.model(), "loss", [...values.keys()]);
  const answer = await run(model);

  for (const [name, at] of values) {
    const gradient = answer[gradients.get(name)!]!;
    expect(gradient.shape, name).toEqual(weights[name]);
    const u = draw(gradient.shape);
    const shifted = (h: number) =>
      output(
        new Map(values).set(
          name,
          at.map((value, i) => value + h * u[i]!),
        ),
      );
    const [plus, minus] = [await shifted(step), await shifted(-step)];
    const numeric = v.reduce((sum, each, i) => sum + each * (plus[i]! - minus[i]!), 0) / (2 * step);
    const analytic = floats(gradient).reduce((sum, each, i) => sum + each * u[i]!, 0);
    expect(
      Math.abs(analytic - numeric) / Math.max(1, Math.abs(numeric)),
      `seed ${seed}: d loss / d ${name} is ${analytic}, finite difference ${numeric}`,
    ).toBeLessThan(step === 1 ? 1e-5 : 1e-3);
  }
  return model.graph.nodes.slice(forward).map((node) => node.opType);
}
