import { float16, floats, type Tensor } from "../core/tensor.ts";
import { attributeOf } from "../onnx/attributes.ts";
import type { Model, Node } from "../onnx/graph.ts";
import { definedNames } from "../onnx/names.ts";

const scratch = new DataView(new ArrayBuffer(4));

/** Nearest half-precision word of a number, ties to even (IEEE 754-2008, 4.3.1); beyond 65,504 it is infinity. */
export function halfOf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent < -25) return sign;
  // Below 2^-14 the leading one is written out and shifted; above, it is implied.
  const shift = exponent < -14 ? -exponent - 1 : 13;
  const whole = exponent < -14 ? fraction | 0x800000 : fraction | ((exponent + 15) << 23);
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const word = kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0);
  return sign | Math.min(word, 0x7c00);
}

/** Fewer numbers are not worth losing digits for. */
const worthwhile = 64;

/**
 * A float32 tensor in half precision; undefined where that has no point, or would lose its numbers: few of them, any beyond
 * 65,504, or all below 2^-14, where digits are lost.
 */
export function halved(tensor: Tensor): Tensor | undefined {
  if (tensor.dtype !== "float32" || tensor.bytes.length < worthwhile * 4) return undefined;
  const values = floats(tensor);
  let largest = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) return undefined;
    largest = Math.max(largest, Math.abs(value));
  }
  if (largest > 65_504 || (largest > 0 && largest < 2 ** -14)) return undefined;
  // A loop: `Uint16Array.from` takes several times as long for millions of weights.
  const words = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) words[i] = halfOf(values[i]!);
  return float16(words, tensor.shape);
}

/**
 * The model with its weights stored in float16 and cast back to float32 where they enter: half the size, the same
 * operators, the arithmetic as before. An engine folds the casts away on loading. Weights out of float16's range stay.
 */
export function storeAsFloat16(model: Model): Model {
  const { graph } = model;
  const initializers = new Map<string, Tensor>();
  const taken = definedNames(graph);
  const stored = new Set<string>();
  const casts: Node[] = [];
  for (const [name, tensor] of graph.initializers) {
    const smaller = halved(tensor);
    if (smaller === undefined) {
      initializers.set(name, tensor);
      continue;
    }
    let half = `${name}_float16`;
    while (taken.has(half)) half += "_";
    taken.add(half);
    stored.add(name);
    initializers.set(half, smaller);
    casts.push({
      name: "",
      opType: "Cast",
      domain: "",
      inputs: [half],
      outputs: [name],
      attributes: new Map([["to", attributeOf(1)]]),
    });
  }
  // Files before IR 4 list weights among the inputs.
  const inputs = graph.inputs.filter(({ name }) => !stored.has(name));
  return { ...model, graph: { ...graph, nodes: [...casts, ...graph.nodes], inputs, initializers } };
}
