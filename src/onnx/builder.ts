import { assert } from "../core/assert.ts";
import { closest } from "../core/closest.ts";
import type { DType, Tensor } from "../core/tensor.ts";
import { type AttributeValue, attributeOf } from "./attributes.ts";
import { GraphError } from "./errors.ts";
import type { Attribute, Graph, Model, Node, Shape, ValueInfo } from "./graph.ts";
import { definedNames } from "./names.ts";

export { float, floats } from "./attributes.ts";

export interface GraphBuilderOptions {
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  readonly name?: string;
  /** Values of an outer graph that this one, the body of an If, Loop or Scan, may use. */
  readonly captures?: Iterable<string>;
}

export interface OpOptions {
  /** The node's name, and the root of its outputs' names. */
  readonly name?: string;
  /** Names of the outputs, taken as they are; "" leaves an optional output out. */
  readonly outputs?: readonly string[];
  /** Operator domain; another than "" must have been imported by `domain`. */
  readonly domain?: string;
}

/** The oldest file format version that knows an opset (the table in onnx's docs/Versioning.md), and never below 4. */
function irVersionOf(opset: number): number {
  const firstOpset = [9, 10, 11, 12, 15, 19, 21, 23, 24];
  return 4 + firstOpset.filter((first, i) => i > 0 && opset >= first).length;
}

/** Writes a graph node by node; every method that makes a value returns its name. */
export class GraphBuilder {
  readonly #name: string;
  readonly #base: Model | undefined;
  readonly #opsets: Map<string, number>;
  readonly #nodes: Node[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #values = new Map<string, ValueInfo>();
  readonly #taken: Set<string>;
  readonly #visible: Set<string>;
  readonly #nodeNames = new Set<string>();
  readonly #counters = new Map<string, number>();

  constructor({ opset, name = "tsugiki", captures = [] }: GraphBuilderOptions, base?: Model) {
    this.#name = name;
    this.#base = base;
    this.#opsets = new Map(base?.opsets).set("", opset);
    this.#visible = new Set(captures);
    this.#taken = new Set(this.#visible);
  }

  /**
   * A builder that goes on from a model: its nodes, inputs, initializers, metadata and opsets are kept. Its outputs are
   * not: declare with `output` those that the new graph shall have.
   */
  static from(model: Model): GraphBuilder {
    const { graph } = model;
    const builder = new GraphBuilder({ opset: model.opsets.get("") ?? 1, name: graph.name }, model);
    builder.#nodes.push(...graph.nodes);
    for (const node of graph.nodes) builder.#nodeNames.add(node.name);
    builder.#inputs.push(...graph.inputs);
    for (const [name, tensor] of graph.initializers) builder.#initializers.set(name, tensor);
    for (const [name, value] of graph.values) builder.#values.set(name, value);
    // What was known of a dropped output is still known of the value.
    for (const value of graph.outputs) builder.#values.set(value.name, value);
    for (const name of definedNames(graph)) builder.#taken.add(name);
    for (const { name } of graph.inputs) builder.#visible.add(name);
    for (const name of graph.initializers.keys()) builder.#visible.add(name);
    for (const node of graph.nodes) for (const name of node.outputs) builder.#visible.add(name);
    return builder;
  }

  /** Version of ONNX's own operator set. */
  get opset(): number {
    return this.#opsets.get("") ?? 1;
  }

  /** Imports a further operator domain. */
  domain(domain: string, version: number): this {
    this.#opsets.set(domain, version);
    return this;
  }

  /** Declares a graph input. Throws GraphError when the name is taken: an input's name is part of the interface. */
  input(name: string, dtype: DType, shape: Shape | undefined): string {
    this.#define(name);
    this.#inputs.push({ name, type: { kind: "tensor", dtype, shape } });
    return name;
  }

  /** Adds a constant under this name, made unique by a suffix where it is taken. */
  initializer(name: string, tensor: Tensor): string {
    const unique = this.#taken.has(name) || name === "" ? this.fresh(name || "constant") : name;
    this.#define(unique);
    this.#initializers.set(unique, tensor);
    return unique;
  }

  /** Adds a constant under a fresh name. */
  constant(tensor: Tensor, hint = "constant"): string {
    const name = this.fresh(hint);
    this.#define(name);
    this.#initializers.set(name, tensor);
    return name;
  }

  /** Adds a node and returns the name of its first output. */
  op(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    options: OpOptions = {},
  ): string {
    return this.ops(opType, inputs, attributes, options.outputs?.length ?? 1, options)[0] ?? "";
  }

  /** Adds a node and returns the names of its outputs: `outputs` is their number, or the names themselves. */
  ops(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    outputs: number | readonly string[],
    options: OpOptions = {},
  ): readonly string[] {
    for (const input of inputs) this.#require(input, opType);
    const { name } = options;
    const first = name === undefined || this.#taken.has(name) ? this.fresh(name ?? opType) : name;
    const given = typeof outputs === "number" ? options.outputs : outputs;
    const names = given ?? this.#freshOutputs(first, Number(outputs));
    for (const output of names) if (output !== "") this.#define(output);
    const list: [string, Attribute][] = [];
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined) list.push([key, attributeOf(value)]);
    }
    this.#nodes.push({
      name: this.#nodeName(name ?? names[0] ?? first),
      opType,
      domain: options.domain ?? "",
      inputs: [...inputs],
      outputs: [...names],
      attributes: new Map(list),
    });
    return names;
  }

  /** The name of output `index` of the node that makes `value`; one that was left out is asked of it from now on. */
  addOutput(value: string, index: number): string {
    const at = this.#nodes.findIndex((node) => node.outputs.includes(value));
    const node = this.#nodes[at];
    assert(node && value !== "", `no node makes '${value}'`);
    const present = node.outputs[index] ?? "";
    if (present !== "") return present;
    const name = this.fresh(`${value}_${index}`);
    this.#define(name);
    const outputs = Array.from({ length: Math.max(index + 1, node.outputs.length) }, (_, i) =>
      i === index ? name : (node.outputs[i] ?? ""),
    );
    this.#nodes[at] = { ...node, outputs };
    return name;
  }

  /** Declares a value as graph output; without a dtype, what is already known of the value is kept. */
  output(name: string, dtype?: DType, shape?: Shape): string {
    this.#require(name, "output");
    const known = this.#values.get(name) ?? this.#inputs.find((input) => input.name === name);
    const type = dtype === undefined ? known?.type : ({ kind: "tensor", dtype, shape } as const);
    this.#outputs.push({ name, type });
    return name;
  }

  /** A name that nothing in the graph bears: the hint with a number, "Conv_3". The name is not reserved by this. */
  fresh(hint: string): string {
    let count = this.#counters.get(hint) ?? 0;
    while (this.#taken.has(`${hint}_${count}`)) count++;
    this.#counters.set(hint, count);
    return `${hint}_${count}`;
  }

  /** The graph as it stands; the builder may go on afterwards. */
  graph(): Graph {
    const declared = new Set([...this.#inputs, ...this.#outputs].map((value) => value.name));
    return {
      ...this.#base?.graph,
      name: this.#name,
      nodes: [...this.#nodes],
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: new Map(this.#initializers),
      values: new Map([...this.#values].filter(([name]) => !declared.has(name))),
    };
  }

  /** The graph as a model; `metadata` is added to that of the model the builder started from. */
  model({ metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> } = {}): Model {
    return {
      ...this.#base,
      irVersion: Math.max(this.#base?.irVersion ?? 0, irVersionOf(this.opset)),
      opsets: new Map(this.#opsets),
      producer: "tsugiki",
      graph: this.graph(),
      metadata: new Map([...(this.#base?.metadata ?? []), ...Object.entries(metadata)]),
    };
  }

  /** ONNX Runtime refuses a graph in which two nodes share a name. */
  #nodeName(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#nodeNames.has(name); i++) name = `${wanted}_${i}`;
    this.#nodeNames.add(name);
    return name;
  }

  #freshOutputs(first: string, count: number): readonly string[] {
    const names = [first];
    for (let i = 1; i < count; i++) {
      const name = `${first}_${i}`;
      names.push(this.#taken.has(name) ? this.fresh(name) : name);
    }
    return names;
  }

  #define(name: string): void {
    if (this.#taken.has(name) || name === "") {
      throw new GraphError(
        {
          what: name === "" ? "A value needs a name." : `The graph already has a value named '${name}'.`,
          next: "Give another name, or leave it to the builder.",
        },
        { names: [name] },
      );
    }
    this.#taken.add(name);
    this.#visible.add(name);
  }

  #require(name: string, user: string): void {
    if (name === "" || this.#visible.has(name)) return;
    const near = closest(name, this.#visible);
    throw new GraphError(
      {
        what: `${user} uses '${name}', but the graph has no such value yet.`,
        ...(near.length > 0 && { why: `Closest: ${near.map((item) => `'${item}'`).join(", ")}.` }),
        next: "Declare it first; the body of an If, Loop or Scan names outer values in `captures`.",
      },
      { names: [name, ...near] },
    );
  }
}
