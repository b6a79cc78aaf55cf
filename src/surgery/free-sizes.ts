import { int64, integers, type Tensor } from "../core/tensor.ts";
import { attributeOf, intAttr, intsAttr, stringAttr } from "../onnx/attributes.ts";
import type { Graph, Model, Node, Shape, ValueInfo } from "../onnx/graph.ts";
import { definedNames } from "../onnx/names.ts";
import { liftConstants } from "./constants.ts";
import { type ImageInput, imageShape } from "./image-input.ts";
import { freshName } from "./join.ts";

/**
 * The model with the batch and image sizes that exporters write down as numbers made free: the input's axes, the first
 * axis and the sides of the map in constant Reshape targets, and pools that cover their whole input. Shapes must have
 * been inferred at the stated sizes. Whether the network then really runs at another size is for a trial run to say: a
 * Flatten in front of a dense layer, or a position embedding, still holds it to one.
 */
export function freeSizes(model: Model, input: ImageInput): Model {
  const graph = liftConstants(model.graph);
  const reshapes = new ReshapeFreer(graph, input.name);
  const nodes = graph.nodes.flatMap((node) => {
    if (node.opType === "Reshape") return reshapes.free(node);
    const global = globalPools.get(node.opType);
    const covers = global !== undefined && node.outputs.length === 1 && coversInput(node, reshapes.shapeOf);
    return [covers ? { ...node, opType: global, attributes: new Map() } : node];
  });
  const unknown = ({ name, type, ...rest }: ValueInfo): ValueInfo => ({
    ...rest,
    name,
    type: type?.kind === "tensor" ? { ...type, shape: undefined } : type,
  });
  const inputs = graph.inputs
    // Files before IR 4 list weights as inputs, which would keep the engine from folding them.
    .filter(({ name }) => !graph.initializers.has(name))
    .map(
      (value): ValueInfo =>
        value.name === input.name
          ? { ...value, type: { kind: "tensor", dtype: "float32", shape: imageShape(input) } }
          : value,
    );
  return {
    ...model,
    irVersion: Math.max(model.irVersion, 4),
    graph: {
      ...graph,
      nodes,
      inputs,
      outputs: graph.outputs.map(unknown),
      initializers: reshapes.initializers,
      values: new Map(),
    },
  };
}

/** Pools by the operator that they are when they cover their whole input. */
const globalPools: ReadonlyMap<string, string> = new Map([
  ["AveragePool", "GlobalAveragePool"],
  ["MaxPool", "GlobalMaxPool"],
]);

function coversInput(node: Node, shapeOf: (value: string) => Shape | undefined): boolean {
  const sides = shapeOf(node.inputs[0] ?? "")?.slice(2);
  const kernel = intsAttr(node, "kernel_shape", []);
  const unpadded =
    ["NOTSET", "VALID"].includes(stringAttr(node, "auto_pad", "NOTSET")) &&
    intsAttr(node, "pads", []).every((pad) => pad === 0);
  const undilated = intsAttr(node, "dilations", []).every((step) => step === 1);
  return (
    unpadded &&
    undilated &&
    sides !== undefined &&
    sides.length === kernel.length &&
    sides.every((side, i) => side === kernel[i])
  );
}

/** Sides of a map at the end of a target, to be read from the input at run time; or one product of them, left to Reshape. */
function freeSides(
  target: readonly number[],
  from: Shape,
): { readonly freed: readonly number[]; readonly sides: number } {
  const map = from.slice(2);
  const positions = map.reduce<number>((product, dim) => product * Number(dim ?? Number.NaN), 1);
  const untouched = { freed: target, sides: 0 };
  if (from.length !== 4 && from.length !== 5) return untouched;
  if (!(positions > 1) || target.includes(-1)) return untouched;
  const sides = target.slice(-2);
  if (target.length > 2 && sides.every((side, i) => side === from.at(i - 2))) {
    return { freed: target.slice(0, -2), sides: 2 };
  }
  const flat = target.length === 2 ? 1 : target.lastIndexOf(positions);
  return flat > 0 ? { freed: target.with(flat, -1), sides: 0 } : untouched;
}

/** Rewrites Reshape nodes whose constant target has the batch, or the sides of a map, written into it. */
class ReshapeFreer {
  readonly initializers: Map<string, Tensor>;
  readonly shapeOf: (value: string) => Shape | undefined;
  readonly #taken: Set<string>;
  readonly #batch: number;
  readonly #knownBatch: boolean;

  constructor(graph: Graph, input: string) {
    this.initializers = new Map(graph.initializers);
    this.#taken = definedNames(graph);
    const types = new Map(
      [...graph.values.values(), ...graph.inputs, ...graph.outputs].map(({ name, type }) => [name, type]),
    );
    this.shapeOf = (name) => {
      const type = types.get(name);
      return type?.kind === "tensor" ? type.shape : undefined;
    };
    const batch = this.shapeOf(input)?.[0];
    this.#knownBatch = typeof batch === "number" && batch > 0;
    this.#batch = this.#knownBatch ? Number(batch) : 1;
  }

  free(node: Node): readonly Node[] {
    const [data = "", targetName = ""] = node.inputs;
    const constant = this.initializers.get(targetName);
    const from = this.shapeOf(data);
    if (constant?.dtype !== "int64" || constant.shape.length !== 1 || from === undefined) return [node];
    const allowZero = intAttr(node, "allowzero", 0) === 1;
    const target = integers(constant);
    if (allowZero && target.includes(0)) return [node];

    const { freed, sides } = freeSides(this.#freeBatch(target, from), from);
    if (sides === 0 && freed.every((dim, i) => dim === target[i])) return [node];
    const attributes = new Map([...node.attributes].filter(([name]) => name !== "allowzero"));
    if (sides === 0) {
      return [{ ...node, inputs: [data, this.#constant(targetName, freed)], attributes }];
    }
    const [shape, kept, whole] = ["shape", "sides", "target"].map((part) =>
      this.#fresh(`${targetName}_${part}`),
    ) as [string, string, string];
    const head = this.#constant(targetName, freed);
    const start = this.#constant(`${targetName}_start`, [from.length - sides]);
    const end = this.#constant(`${targetName}_end`, [from.length]);
    return [
      plain("Shape", [data], shape),
      plain("Slice", [shape, start, end], kept),
      { ...plain("Concat", [head, kept], whole), attributes: new Map([["axis", attributeOf(0)]]) },
      { ...node, inputs: [data, whole], attributes },
    ];
  }

  /** [batch, ...] -> [0, ...]: 0 copies the input's first axis, which is the batch as long as both agree on it. */
  #freeBatch(target: readonly number[], from: Shape): readonly number[] {
    const agrees = this.#knownBatch ? from[0] === this.#batch : typeof from[0] !== "number";
    return agrees && target[0] === this.#batch ? [0, ...target.slice(1)] : target;
  }

  #constant(hint: string, values: readonly number[]): string {
    const name = this.#fresh(`${hint}_free`);
    this.initializers.set(name, int64(values));
    return name;
  }

  #fresh(hint: string): string {
    const name = freshName(this.#taken, hint);
    this.#taken.add(name);
    return name;
  }
}

function plain(opType: string, inputs: readonly string[], output: string): Node {
  return { name: "", opType, domain: "", inputs, outputs: [output], attributes: new Map() };
}
