import { type Random, random } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";

const unary = ["Relu", "Tanh", "Neg", "Abs", "Sigmoid"];
const binary = ["Add", "Mul", "Sub", "Max"];

/**
 * A graph of elementwise operators on float32 [2, 3] values, drawn from the seed: some of its values lead nowhere, some
 * are used twice, and now and then an If chooses between two that its branches capture.
 */
export function randomGraph(
  seed: number,
  input = "x",
  prefix = "",
): { model: Model; values: readonly string[] } {
  const rng = random(seed);
  const b = new GraphBuilder({ opset: 18 });
  const values = [b.input(input, "float32", [2, 3])];
  const pick = (): string => values[rng.int(values.length)]!;
  for (let i = 0; i < 3 + rng.int(12); i++) {
    const name = `${prefix}v${i}`;
    const kind = rng.int(4);
    if (kind === 0) values.push(b.op(unary[rng.int(unary.length)]!, [pick()], {}, { outputs: [name], name }));
    else if (kind === 1) {
      const constant = b.initializer(`${prefix}w${i}`, float32(drawn(rng), [2, 3]));
      values.push(b.op("Add", [pick(), constant], {}, { outputs: [name], name }));
    } else if (kind === 2 || i < 2) {
      values.push(b.op(binary[rng.int(binary.length)]!, [pick(), pick()], {}, { outputs: [name], name }));
    } else values.push(choice(b, rng, name, pick(), pick()));
  }
  const last = values.at(-1)!;
  b.output(last, "float32", [2, 3]);
  return { model: b.model(), values: values.slice(1) };
}

function choice(b: GraphBuilder, rng: Random, name: string, yes: string, no: string): string {
  const branch = (value: string, side: string) => {
    const inner = new GraphBuilder({ opset: 18, captures: [value], name: `${name}_${side}` });
    inner.output(inner.op("Neg", [value], {}, { outputs: [`${name}_${side}`] }), "float32", [2, 3]);
    return inner.graph();
  };
  const condition = b.constant({ dtype: "bool", shape: [], bytes: Uint8Array.of(rng.int(2)) });
  const branches = { then_branch: branch(yes, "then"), else_branch: branch(no, "else") };
  return b.op("If", [condition], branches, { outputs: [name], name });
}

function drawn(rng: Random): Float32Array {
  return Float32Array.from({ length: 6 }, () => rng.normal());
}
