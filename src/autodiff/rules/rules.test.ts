import { expect, test } from "vitest";
import { type Random, random } from "../../core/random.ts";
import { float32, floats, int64, sizeOf, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import type { GradientCase } from "../testing/gradient-case.ts";
import { cases } from "../testing/gradient-cases.ts";

const rows = Object.entries(cases).flatMap(([operator, list]) =>
  list.map((each, i): [string, string, GradientCase, number] => {
    const shapes = each.shapes.map((shape) => `[${shape}]`).join(" ");
    return [operator, `${shapes} ${label(each)}`, each, i];
  }),
);

function label({ attributes = {}, ints = [], fixed = {}, opset = 18 }: GradientCase): string {
  const constants = Object.entries(fixed).map(([i, tensor]) =>
    tensor === "" ? "" : `${i}: ${tensor.dtype} [${tensor.shape}]`,
  );
  return `${JSON.stringify(attributes)} ${ints} ${constants} opset ${opset}`;
}

function draw(rng: Random, size: number, domain: GradientCase["domain"] = "wide"): Float32Array {
  if (domain === "distinct") {
    const steps = Float32Array.from({ length: size }, (_, i) => (i - size / 2) / 10);
    rng.shuffle(steps);
    return steps;
  }
  return Float32Array.from({ length: size }, () => {
    if (typeof domain !== "string") return domain[0] + (domain[1] - domain[0]) * rng.next();
    const magnitude = 0.3 + 1.2 * rng.next();
    if (domain === "positive") return magnitude;
    const sign = rng.next() < 0.5 ? -1 : 1;
    return domain === "awayFromZero" ? sign * magnitude : sign * (magnitude - 0.3);
  });
}

/** Names of the node's inputs: those in `fixed` at their places, the differentiated ones around them, axes last. */
function inputsOf(b: GraphBuilder, names: readonly string[], { fixed = {}, ints }: GradientCase): string[] {
  const count = names.length + Object.keys(fixed).length;
  const moving = [...names];
  const inputs = Array.from({ length: count }, (_, i) => {
    const tensor: Tensor | "" | undefined = fixed[i];
    if (tensor === undefined) return moving.shift()!;
    return tensor === "" ? "" : b.constant(tensor);
  });
  return ints ? [...inputs, b.initializer("ints", int64(ints))] : inputs;
}

/** Σ aᵢ·bᵢ in double precision. */
function inner(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/**
 * <v, J·u> by central differences against <Jᵀ·v, u> by the rule, for one random direction u and one random v: the
 * cost does not grow with the size. The loss is Σ v·y, so v is what reaches the rule as dy.
 */
test.each(rows)("%s %s", async (operator, _label, row, index) => {
  const { shapes, attributes = {}, outputs = [true], domain, step = 1e-2, opset = 18 } = row;
  const seed = 100 + index;
  const rng = random(seed);
  const direction = (size: number) => Float32Array.from({ length: size }, () => 2 * rng.next() - 1);
  const x = shapes.map((shape) => draw(rng, sizeOf(shape), domain));
  const u = shapes.map((shape) => direction(sizeOf(shape)));

  /** The outputs that the loss depends on, then with `v` the gradients in the order of the inputs. */
  const run = async (at: readonly Float32Array[], v?: readonly Float32Array[]) => {
    const b = new GraphBuilder({ opset });
    const names = at.map((data, i) => b.initializer(`x${i}`, float32(data, shapes[i] ?? [])));
    const all = b.ops(operator, inputsOf(b, names, row), attributes, outputs.length);
    const ys = all.filter((_, i) => outputs[i]);
    for (const y of ys) b.output(y, "float32", undefined);
    let model = b.model();
    if (v) {
      const sums = ys.map((y, i) => {
        const flat = b.op("Reshape", [y, b.constant(int64([-1]))]);
        return b.op("ReduceSum", [b.op("Mul", [flat, b.constant(float32(v[i]!))])], { keepdims: 0 });
      });
      b.op("Sum", sums, {}, { outputs: ["loss"] });
      model = backward(b.model(), "loss", names).model;
    }
    const session = await nodeRuntime().load(writeModel(model));
    const answer = await session.run({});
    await session.release();
    return session.outputs.map((name) => answer[name]!);
  };
  const shifted = async (h: number) =>
    (await run(x.map((data, i) => data.map((value, j) => value + h * u[i]![j]!)))).map(floats);

  const [plus, minus] = [await shifted(step), await shifted(-step)];
  const v = plus.map((y) => direction(y.length));
  const difference = v.reduce((sum, each, i) => sum + inner(plus[i]!, each) - inner(minus[i]!, each), 0);
  const numeric = difference / (2 * step);
  const gradients = (await run(x, v)).slice(plus.length);
  expect(gradients.map((each) => each.shape)).toEqual(shapes);
  const analytic = gradients.reduce((sum, each, i) => sum + inner(floats(each), u[i]!), 0);
  const scale = Math.max(1, Math.abs(numeric));
  expect(
    Math.abs(analytic - numeric) / scale,
    `seed ${seed}: rule ${analytic}, finite difference ${numeric}`,
  ).toBeLessThan(step === 1 ? 1e-5 : 1e-3);
});
