import { random } from "../../../src/core/random.ts";
import { float32, int64, scalar, sizeOf, type Tensor } from "../../../src/core/tensor.ts";
import type { AttributeValue } from "../../../src/onnx/attributes.ts";
import { GraphBuilder } from "../../../src/onnx/builder.ts";
import type { Model } from "../../../src/onnx/graph.ts";

export const seed = 23;

/** A graph of one input, as small as shows what is meant. */
export class Sketch {
  readonly b = new GraphBuilder({ opset: 18 });
  readonly rng = random(seed);

  op(opType: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    return this.b.op(opType, inputs, attributes);
  }

  ops(opType: string, inputs: readonly string[], attributes: Record<string, AttributeValue>, count: number) {
    return this.b.ops(opType, inputs, attributes, count);
  }

  weight(...shape: number[]): string {
    return this.b.constant(drawn(shape, this.rng.normal), "w");
  }

  /** Between 0.5 and 1.5. */
  positive(...shape: number[]): string {
    return this.b.constant(
      drawn(shape, () => 0.5 + this.rng.next()),
      "w",
    );
  }

  ints(...values: number[]): string {
    return this.b.constant(int64(values), "i");
  }

  int(value: number): string {
    return this.b.constant(int64([value], []), "i");
  }

  number(value: number): string {
    return this.b.constant(scalar(value), "s");
  }

  conv(x: string, from: number, to: number, side = 1, attributes: Record<string, AttributeValue> = {}) {
    return this.op("Conv", [x, this.weight(to, from, side, side), this.weight(to)], attributes);
  }
}

function drawn(shape: readonly number[], draw: () => number): Tensor {
  return float32(Float32Array.from({ length: sizeOf(shape) }, draw), shape);
}

export interface Case {
  readonly name: string;
  readonly model: Model;
  readonly input: Tensor;
  /** Operators that the program must not hold, such as transposes that the layout makes needless. */
  readonly without: readonly string[];
}

export interface Options {
  /** Of maps as ONNX has them; they are fed with the channels last. [1, 6, 9, 7] where it is left out: no two sizes are equal, so that a confusion of axes shows. */
  readonly shape?: readonly number[];
  readonly without?: readonly string[];
  /** Numbers of the input: normal ones, or above 0.5. */
  readonly positive?: boolean;
}

export function row(name: string, draw: (s: Sketch, x: string) => string, options: Options = {}): Case {
  const { shape = [1, 6, 9, 7], without = [], positive = false } = options;
  const s = new Sketch();
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  const fed = shape.length === 4 ? [n, h, w, c] : shape;
  const image = s.b.input("image", "float32", fed);
  const output = draw(s, shape.length === 4 ? s.op("Transpose", [image], { perm: [0, 3, 1, 2] }) : image);
  s.b.output(output, "float32");
  const rng = random(seed + 1);
  const input = drawn(fed, positive ? () => 0.5 + rng.next() : rng.normal);
  return { name, model: s.b.model(), input, without };
}
