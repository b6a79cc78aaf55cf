import { assert } from "../../core/assert.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { type AttributeValue, attributeOf } from "../../onnx/attributes.ts";
import type { Attribute, Graph, Model, Node } from "../../onnx/graph.ts";
import { definedNames } from "../../onnx/names.ts";
import { prune } from "../../surgery/cut.ts";
import { distinctNodeNames, freshName } from "../../surgery/join.ts";
import { inputChannels, type Layer } from "./kinds.ts";
import { type Grid, gridOf, gridTensors, storeLayer } from "./numbers.ts";
import { madeBy, type Plan, type PlanOptions, planOf } from "./plan.ts";
import type { Range } from "./range.ts";

/** Ranges by the name of the value, as `calibrate` finds them. */
export type Ranges = ReadonlyMap<string, Range>;

/**
 * The model in 8 bits: weights int8, one scale an output channel, biases int32, what flows between the layers uint8. It is
 * written as QuantizeLinear and DequantizeLinear around ordinary operators, so any ONNX runtime reads it; onnxruntime
 * fuses them into its 8-bit kernels on loading. A Relu or Clip behind a layer is gone: its bounds are the range's.
 */
export function quantise(model: Model, ranges: Ranges, options: PlanOptions = {}): Model {
  const plan = planOf(model, options);
  const graph = new Writer(model.graph, plan, ranges).graph();
  return { ...model, graph: { ...graph, nodes: distinctNodeNames(graph.nodes) } };
}

/** Writes the nodes anew, in their order, each value in 8 bits beside or in place of the one in float. */
class Writer {
  readonly #graph: Graph;
  readonly #plan: Plan;
  readonly #ranges: Ranges;
  readonly #taken: Set<string>;
  readonly #nodes: Node[] = [];
  readonly #initializers: Map<string, Tensor>;
  /** Where a value made in float is found after rounding. */
  readonly #entered = new Map<string, string>();
  /** Where a value's uint8 numbers are found. */
  readonly #stored = new Map<string, string>();
  readonly #grids = new Map<string, { readonly grid: Grid; readonly scale: string; readonly zero: string }>();

  constructor(graph: Graph, plan: Plan, ranges: Ranges) {
    this.#graph = graph;
    this.#plan = plan;
    this.#ranges = ranges;
    this.#taken = definedNames(graph);
    this.#initializers = new Map(graph.initializers);
  }

  graph(): Graph {
    const { nodes, folded, grids } = this.#plan;
    const made = new Set([...nodes.keys()].map((node) => madeBy(node, folded)));
    const gone = new Set(folded.values());
    for (const node of this.#graph.nodes) {
      const layer = nodes.get(node);
      if (nodes.has(node)) {
        const moving = layer ? [layer.input] : node.inputs;
        for (const value of moving) if (grids.has(value) && !made.has(value)) this.#enter(value);
        this.#write(node, layer);
      } else if (!gone.has(node.outputs[0] ?? "")) {
        this.#nodes.push(made.has(node.inputs[0] ?? "") ? this.#inFloat(node) : node);
      }
    }
    const { inputs } = this.#graph;
    return prune({
      ...this.#graph,
      nodes: this.#nodes,
      inputs: inputs.filter(({ name }) => !this.#graph.initializers.has(name)),
      initializers: this.#initializers,
    });
  }

  /** A value that was made in float, rounded; users in float keep it as it was. */
  #enter(value: string): void {
    if (this.#entered.has(value)) return;
    const rounded = this.#fresh(`${value}_rounded`);
    this.#entered.set(value, rounded);
    this.#round(value, value, rounded);
  }

  /** The node, its output rounded under the name it always had. */
  #write(node: Node, layer: Layer | undefined): void {
    const { folded, grids } = this.#plan;
    const output = madeBy(node, folded);
    const inputs = node.inputs.map((name) => this.#entered.get(name) ?? name);
    if (layer) this.#constants(layer, inputs);
    if (!grids.has(output)) {
      this.#nodes.push({ ...node, inputs });
      return;
    }
    const exact = this.#fresh(`${output}_exact`);
    this.#nodes.push({ ...node, inputs, outputs: [exact] });
    this.#round(exact, output, output);
  }

  /**
   * A layer that stays in float behind one in 8 bits. Between a DequantizeLinear of one scale and a QuantizeLinear the
   * engine would quantise its weights after all, and coarsely, one scale for all of them (onnxruntime's
   * WeightBiasQuantization); a scale for each channel, all of them the same, keeps it away.
   */
  #inFloat(node: Node): Node {
    const [value = "", weight = ""] = node.inputs;
    const channels = inputChannels(node, this.#graph.initializers.get(weight)?.shape ?? []);
    const stored = this.#stored.get(value);
    if (channels === undefined || stored === undefined) return node;
    const { scale, zero } = gridTensors(this.#grid(value).grid, channels);
    const inputs = [stored, this.#constant(`${value}_scale`, scale), this.#constant(`${value}_zero`, zero)];
    const restored = this.#fresh(`${value}_restored`);
    this.#push("DequantizeLinear", inputs, restored, { axis: 1 });
    return { ...node, inputs: [restored, ...node.inputs.slice(1)] };
  }

  /** Puts int8 weights and an int32 bias in the place of a layer's own. */
  #constants(layer: Layer, inputs: string[]): void {
    const weight = this.#graph.initializers.get(layer.weight);
    const bias = layer.bias === undefined ? undefined : this.#graph.initializers.get(layer.bias);
    assert(weight, `no weights named ${layer.weight}`);
    const inputScale = this.#grid(layer.input).grid.scale;
    // The depthwise kernel multiplies in 32 bits.
    const kernel = { axis: layer.axis, wide: layer.depthwise };
    const stored = storeLayer(kernel, { weight, bias, inputScale });
    inputs[1] = this.#restored(layer.weight, stored.weight, stored.scales, layer.axis);
    if (layer.bias !== undefined && stored.bias)
      inputs[2] = this.#restored(layer.bias, stored.bias, stored.biasScales, 0);
  }

  #restored(name: string, stored: Tensor, scales: Tensor, axis: number): string {
    const restored = this.#fresh(`${name}_restored`);
    const inputs = [this.#constant(`${name}_stored`, stored), this.#constant(`${name}_scales`, scales)];
    // Left out they are zeros too, but then the engine's 8-bit Gemm does not take the node.
    const zeros = {
      dtype: "int8",
      shape: scales.shape,
      bytes: new Uint8Array(sizeOf(scales.shape)),
    } as const;
    if (stored.dtype === "int8") inputs.push(this.#constant(`${name}_zeros`, zeros));
    this.#push("DequantizeLinear", inputs, restored, { axis });
    return restored;
  }

  /** from -> QuantizeLinear -> DequantizeLinear -> to, on the grid of `value`. */
  #round(from: string, value: string, to: string): void {
    const { scale, zero } = this.#grid(value);
    const stored = this.#fresh(`${value}_stored`);
    this.#stored.set(value, stored);
    this.#push("QuantizeLinear", [from, scale, zero], stored);
    this.#push("DequantizeLinear", [stored, scale, zero], to);
  }

  #grid(value: string): { readonly grid: Grid; readonly scale: string; readonly zero: string } {
    const name = this.#plan.grids.get(value) ?? value;
    const known = this.#grids.get(name);
    if (known) return known;
    const range = this.#ranges.get(name);
    assert(range, `no range of '${name}'`);
    const grid = gridOf(range);
    const { scale, zero } = gridTensors(grid);
    const made = {
      grid,
      scale: this.#constant(`${name}_scale`, scale),
      zero: this.#constant(`${name}_zero`, zero),
    };
    this.#grids.set(name, made);
    return made;
  }

  #push(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Exclude<AttributeValue, undefined>>> = {},
  ): void {
    const list = Object.entries(attributes).map(([key, value]): [string, Attribute] => [
      key,
      attributeOf(value),
    ]);
    const node = { name: output, opType, domain: "", inputs, outputs: [output], attributes: new Map(list) };
    this.#nodes.push(node);
  }

  #constant(hint: string, tensor: Tensor): string {
    const name = this.#fresh(hint);
    this.#initializers.set(name, tensor);
    return name;
  }

  #fresh(hint: string): string {
    const name = freshName(this.#taken, hint);
    this.#taken.add(name);
    return name;
  }
}
