import { intsAttr } from "../onnx/attributes.ts";
import type { Graph, Node, Shape, TensorType } from "../onnx/graph.ts";
import { producers, uses } from "../onnx/graph-tools.ts";

/** Answers what the search for the feature vector asks of a graph whose shapes are inferred. */
export class GraphView {
  readonly #graph: Graph;
  readonly #producers: Map<string, Node>;
  readonly #types = new Map<string, TensorType>();
  /** Values that a picture can change. */
  readonly #moving: Set<string>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#producers = producers(graph);
    this.#moving = new Set(
      graph.inputs.map(({ name }) => name).filter((name) => !graph.initializers.has(name)),
    );
    for (const node of graph.nodes) {
      const moves = [...uses(node)].some((name) => this.#moving.has(name));
      for (const name of node.outputs) if (moves && name !== "") this.#moving.add(name);
    }
    for (const { name, type } of [...graph.values.values(), ...graph.inputs, ...graph.outputs]) {
      if (type?.kind === "tensor") this.#types.set(name, type);
    }
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  type(value: string): TensorType | undefined {
    return this.#types.get(value);
  }

  shape(value: string): Shape | undefined {
    return this.#graph.initializers.get(value)?.shape ?? this.type(value)?.shape;
  }

  /** Whether no picture can change the value: a weight, or something computed from weights alone. */
  isConstant(value: string): boolean {
    return !this.#moving.has(value);
  }

  /** The one input of a node that depends on the picture; undefined where there are several, or none. */
  onlyMoving(node: Node): string | undefined {
    const moving = node.inputs.filter((name) => name !== "" && !this.isConstant(name));
    return moving.length === 1 ? moving[0] : undefined;
  }

  /** Follows the picture back through operators of these kinds. */
  back(value: string, kinds: ReadonlySet<string>): string {
    for (;;) {
      const node = this.producer(value);
      const input = node?.inputs[0];
      if (node === undefined || input === undefined || !kinds.has(node.opType)) return value;
      value = input;
    }
  }

  /** The picture's side of a layer, with or without a bias Add, that is nothing but a weighted sum of a vector. */
  denseInput(value: string): string | undefined {
    const node = this.#withoutBias(value);
    const [x, weight] = node?.inputs ?? [];
    if (node === undefined || x === undefined || weight === undefined) return undefined;
    if (this.isConstant(x) || !this.isConstant(weight)) return undefined;
    if (node.opType === "Gemm" || node.opType === "MatMul") return x;
    return this.#isPointwise(node) && this.isPooled(x) ? x : undefined;
  }

  /** The picture's side of a 1x1 convolution, with or without bias, BatchNorm and Relu, that ends in `value`. */
  pointwiseInput(value: string): string | undefined {
    const node = this.#withoutBias(this.back(value, new Set(["Relu", "BatchNormalization"])));
    return node !== undefined && this.#isPointwise(node) ? node.inputs[0] : undefined;
  }

  /** Whether a map has a single position left. */
  isPooled(value: string): boolean {
    const shape = this.shape(value);
    return shape?.length === 4 && shape.slice(2).every((side) => side === 1);
  }

  /** Whether a map was turned to [N, h, w, C], as converters from TensorFlow do in front of an output. */
  isChannelsLast(value: string): boolean {
    const turn = this.producer(this.back(value, elementwise));
    return turn?.opType === "Transpose" && String(intsAttr(turn, "perm")) === "0,2,3,1";
  }

  #withoutBias(value: string): Node | undefined {
    const node = this.producer(value);
    if (node?.opType !== "Add") return node;
    const sum = this.onlyMoving(node);
    return sum === undefined ? undefined : this.producer(sum);
  }

  #isPointwise(node: Node): boolean {
    const kernel = intsAttr(node, "kernel_shape") ?? this.shape(node.inputs[1] ?? "")?.slice(2);
    return node.opType === "Conv" && kernel?.every((side) => side === 1) === true;
  }
}

/** Operators of one map that keep its axes in order. */
const elementwise: ReadonlySet<string> = new Set([
  "Identity",
  "Dropout",
  "Cast",
  "Relu",
  "LeakyRelu",
  "Clip",
  "HardSwish",
  "Sigmoid",
  "Tanh",
]);
