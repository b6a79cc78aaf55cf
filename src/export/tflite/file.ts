import { assert } from "../../core/assert.ts";
import type { Tensor } from "../../core/tensor.ts";
import { halved } from "../../surgery/float16.ts";
import type { Program, Step } from "../channels-last/program.ts";
import type { Grid } from "../quantise/numbers.ts";
import { finish, type Part, table } from "./flat.ts";
import { type Int8Plan, isLayer, type StoredConstant, storedLayer } from "./int8.ts";
import { dequantize, inInt8, type Operator, operatorOf, quantize } from "./operators.ts";
import * as schema from "./schema.ts";

/** How numbers are stored: constants in float32 or float16, or by a plan in 8 bits, activations too. */
export type Weights = "float32" | "float16" | Int8Plan;

/** What a file's single subgraph gathers; a tensor is known by its index from the first time it is named. */
export class TfliteFile {
  readonly #program: Program;
  readonly #weights: Weights;
  /** The first buffer is empty: it is that of tensors which hold no constant. */
  readonly #buffers: Part[] = [table(schema.Buffer, {})];
  readonly #tensors: Part[] = [];
  readonly #operators: Part[] = [];
  readonly #metadata: Part[] = [];
  /** Index of a value or constant by name. */
  readonly #indices = new Map<string, number>();
  /** Operator codes in the order of their first use, by code and version. */
  readonly #codes = new Map<string, Pick<Operator, "builtin" | "version">>();

  constructor(program: Program, weights: Weights) {
    this.#program = program;
    this.#weights = weights;
  }

  get #int8(): Int8Plan | undefined {
    return typeof this.#weights === "object" ? this.#weights : undefined;
  }

  readonly #shapeOf = (name: string): readonly number[] => {
    const known = this.#program.values.get(name) ?? this.#program.constants.get(name);
    assert(known, `the program has no value '${name}'`);
    return known.shape;
  };

  /** A step, in 8 bits where the plan has it so. */
  add(step: Step): void {
    const operator = operatorOf(step, this.#shapeOf);
    if (this.#int8?.steps.has(step.output)) this.#addInt8(step, operator);
    else this.#operator(operator, this.#indicesOf(operator, step.output), this.#index(step.output));
  }

  /** Indices of what an operator takes, in float. */
  #indicesOf({ inputs }: Operator, output: string): number[] {
    return inputs.map((one) =>
      typeof one === "string" ? this.#index(one) : this.#constant(`${output}/constant`, one),
    );
  }

  #addInt8(step: Step, operator: Operator): void {
    const grid = this.#grid(isLayer(step) ? step.input : step.output);
    const stored = isLayer(step) && storedLayer(step, this.#program.constants, grid.scale);
    const inputs = operator.inputs.map((one, i) => {
      if (stored && i > 0)
        return this.#storedConstant(`${step.output}/${i}`, i === 1 ? stored.weights : stored.bias);
      if (typeof one === "string") return this.#inInt8(one);
      // The number that a maximum's margin is filled with: the lowest there is.
      const lowest = { dtype: "int8", shape: [], bytes: Uint8Array.of(-128) } as const;
      return one.dtype === "int32"
        ? this.#constant(`${step.output}/constant`, one)
        : this.#constant(`${step.output}/constant`, lowest, quantization([grid]));
    });
    this.#operator(inInt8(operator), inputs, this.#int8Value(step.output));
  }

  #grid(name: string): Grid {
    const grid = this.#int8?.grids.get(name);
    assert(grid, `no grid of '${name}'`);
    return grid;
  }

  #storedConstant(name: string, { tensor, scales, axis }: StoredConstant): number {
    return this.#constant(
      name,
      tensor,
      quantization(
        [...scales].map((scale) => ({ scale, zero: 0 })),
        axis,
      ),
    );
  }

  #int8Value(name: string): number {
    const index = this.#tensor(
      `${name}/int8`,
      "int8",
      this.#shapeOf(name),
      0,
      quantization([this.#grid(name)]),
    );
    this.#indices.set(`${name}/int8`, index);
    return index;
  }

  /** The index of a value's 8-bit numbers; one that was made in float is rounded where they are first needed. */
  #inInt8(name: string): number {
    const known = this.#indices.get(`${name}/int8`);
    if (known !== undefined) return known;
    const from = this.#index(name);
    const to = this.#int8Value(name);
    this.#operator(quantize, [from], to);
    return to;
  }

  #operator(
    { builtin, version, options }: Omit<Operator, "inputs">,
    inputs: readonly number[],
    output: number,
  ): void {
    const key = `${builtin.code} ${version}`;
    if (!this.#codes.has(key)) this.#codes.set(key, { builtin, version });
    const code = [...this.#codes.keys()].indexOf(key);
    const rows = { code, inputs, outputs: [output], ...(options && { options }) };
    this.#operators.push(table(schema.Operator, rows));
  }

  /** Bytes that the file carries under a name. */
  attach(name: string, bytes: Uint8Array): void {
    this.#metadata.push(table(schema.Metadata, { name, buffer: this.#buffer(bytes) }));
  }

  /** The file; inputs and outputs are values by the names that callers know them by. */
  finish(
    description: string,
    inputs: Readonly<Record<string, string>>,
    outputs: Readonly<Record<string, string>>,
  ): Uint8Array {
    this.attach("min_runtime_version", this.#minRuntimeVersion());
    const indices = (names: Readonly<Record<string, string>>) =>
      Object.entries(names).map(([name, value]) => ({ name, tensor: this.#index(value) }));
    const [fed, answered] = [indices(inputs), indices(outputs)];
    const subgraph = table(schema.SubGraph, {
      tensors: this.#tensors,
      inputs: fed.map(({ tensor }) => tensor),
      outputs: answered.map(({ tensor }) => tensor),
      operators: this.#operators,
      name: "main",
    });
    const signature = table(schema.Signature, {
      inputs: fed.map((one) => table(schema.TensorMap, one)),
      outputs: answered.map((one) => table(schema.TensorMap, one)),
      key: "serving_default",
      subgraph: 0,
    });
    const root = table(schema.Model, {
      version: schema.version,
      operatorCodes: [...this.#codes.values()].map(({ builtin: { code }, version }) =>
        table(schema.OperatorCode, { deprecatedCode: Math.min(code, schema.placeholder), version, code }),
      ),
      subgraphs: [subgraph],
      description,
      buffers: this.#buffers,
      metadata: this.#metadata,
      signatures: [signature],
    });
    return finish(root, schema.identifier);
  }

  #buffer(data: Uint8Array): number {
    return this.#buffers.push(table(schema.Buffer, { data })) - 1;
  }

  #tensor(
    name: string,
    type: keyof typeof schema.TensorType,
    shape: readonly number[],
    buffer = 0,
    quantization?: Part,
  ): number {
    const about = { shape, type: schema.TensorType[type], buffer, name, hasRank: true };
    return this.#tensors.push(table(schema.Tensor, { ...about, ...(quantization && { quantization }) })) - 1;
  }

  #constant(name: string, { dtype, shape, bytes }: Tensor, quantization?: Part): number {
    assert(
      dtype === "float32" || dtype === "float16" || dtype === "int32" || dtype === "int8",
      `no ${dtype} in a .tflite`,
    );
    return this.#tensor(name, dtype, shape, this.#buffer(bytes), quantization);
  }

  /** The index of a value or constant in float, which the file has from now on. */
  #index(name: string): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const { values, constants } = this.#program;
    const [value, constant] = [values.get(name), constants.get(name)];
    assert(value ?? constant, `the program has no value '${name}'`);
    const half = this.#weights === "float16" && constant ? halved(constant) : undefined;
    // What the file has in fewer bits is restored where its float32 is first needed.
    const stored = half ? this.#constant(`${name}/float16`, half) : this.#indices.get(`${name}/int8`);
    const { dtype, shape } = value ?? { dtype: "float32" as const, shape: constant!.shape };
    const index = constant && !half ? this.#constant(name, constant) : this.#tensor(name, dtype, shape);
    this.#indices.set(name, index);
    if (stored !== undefined) this.#operator(dequantize(half ? "float16" : "int8"), [stored], index);
    return index;
  }

  /** The oldest runtime that knows all operators, in the 16 bytes that the official converter gives it. */
  #minRuntimeVersion(): Uint8Array {
    const since = [...this.#codes.values()].map(({ builtin, version }) => builtin.since[version - 1]!);
    const rank = (text: string) => text.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);
    const newest = since.reduce((a, b) => (rank(b) > rank(a) ? b : a), "1.5.0");
    const bytes = new Uint8Array(16);
    new TextEncoder().encodeInto(newest, bytes);
    return bytes;
  }
}

/** How a tensor's numbers are to be read: real = (stored - zero) * scale, of one grid or one for each position of an axis. */
function quantization(grids: readonly Grid[], axis = 0): Part {
  const [scales, zeros] = [grids.map(({ scale }) => scale), grids.map(({ zero }) => zero)];
  return table(schema.Quantization, { scales, zeros, axis });
}
