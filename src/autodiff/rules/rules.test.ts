import { expect, test } from "vitest";
import { type Random, random } from "../../core/random.ts";
import { float32, floats, int64, sizeOf } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import { cases, type GradientCase } from "../testing/gradient-cases.ts";

const rows = Object.entries(cases).flatMap(([operator, list]) =>
  list.map((each, i): [string, string, GradientCase, number] => {
    const shapes = each.shapes.map((shape) => `[${shape}]`).join(" ");
    return [operator, `${shapes} ${JSON.stringify(each.attributes ?? {})} ${each.ints ?? ""}`, each, i];
  }),
);

function draw(rng: Random, domain: GradientCase["domain"]): number {
  const magnitude = 0.3 + 1.2 * rng.next();
  if (domain === "positive") return magnitude;
  const sign = rng.next() < 0.5 ? -1 : 1;
  return domain === "awayFromZero" ? sign * magnitude : sign * (magnitude - 0.3);
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
  const { shapes, attributes = {}, ints, domain = "wide", step = 1e-2, opset = 18 } = row;
  const seed = 100 + index;
  const rng = random(seed);
  const vector = (size: number, one: () => number) => Float32Array.from({ length: size }, one);
  const x = shapes.map((shape) => vector(sizeOf(shape), () => draw(rng, domain)));
  const u = shapes.map((shape) => vector(sizeOf(shape), () => 2 * rng.next() - 1));

  const run = async (at: readonly Float32Array[], v: Float32Array | undefined) => {
    const b = new GraphBuilder({ opset });
    const names = at.map((data, i) => b.initializer(`x${i}`, float32(data, shapes[i] ?? [])));
    const inputs = ints ? [...names, b.initializer("ints", int64(ints))] : names;
    const y = b.op(operator, inputs, attributes, { outputs: ["y"] });
    b.output(y, "float32", undefined);
    let model = b.model();
    if (v) {
      const flat = b.op("Reshape", [y, b.initializer("flat", int64([v.length]))]);
      const product = b.op("Mul", [flat, b.initializer("v", float32(v))]);
      b.op("ReduceSum", [product], { keepdims: 0 }, { outputs: ["loss"] });
      model = backward(b.model(), "loss", names).model;
    }
    const session = await nodeRuntime().load(writeModel(model));
    const answer = await session.run({});
    await session.release();
    // The forward output comes first, then the gradients in the order of the inputs.
    return session.outputs.map((name) => answer[name]!);
  };
  const shifted = async (h: number) => {
    const [y] = await run(
      x.map((data, i) => data.map((value, j) => value + h * u[i]![j]!)),
      undefined,
    );
    return floats(y!);
  };

  const [plus, minus] = [await shifted(step), await shifted(-step)];
  const v = vector(plus.length, () => 2 * rng.next() - 1);
  const numeric = (inner(plus, v) - inner(minus, v)) / (2 * step);
  const [, ...gradients] = await run(x, v);
  expect(gradients.map((each) => each.shape)).toEqual(shapes);
  const analytic = gradients.reduce((sum, each, i) => sum + inner(floats(each), u[i]!), 0);
  const scale = Math.max(1, Math.abs(numeric));
  expect(
    Math.abs(analytic - numeric) / scale,
    `seed ${seed}: rule ${analytic}, finite difference ${numeric}`,
  ).toBeLessThan(step === 1 ? 1e-5 : 1e-3);
});
