import { float32, sizeOf, type Tensor } from "../../core/tensor.ts";
import { freshName } from "../../surgery/join.ts";
import { broadcastShape, combined, mapped, reshaped, sliced, transposed } from "./constants.ts";
import {
  alike,
  fixed,
  naturalOrder,
  type Operand,
  reshapePlan,
  type Stored,
  storedShape,
} from "./operand.ts";
import type { Program, Step, Value } from "./program.ts";

/** All operators of the step that `Op` is one of. */
type KinOf<Op extends Step["op"]> = Step extends infer S
  ? S extends { readonly op: infer All }
    ? Op extends All
      ? All & Step["op"]
      : never
    : never
  : never;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type Body = DistributiveOmit<Step, "output">;
export type Binary = KinOf<"add">;
export type Unary = KinOf<"relu">;
export type Reduction = KinOf<"mean">;

/** Of constants it is computed at once, as its step would. */
const onNumbers: Record<Binary, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  power: (a, b) => a ** b,
};

const onNumber: Partial<Record<Unary, (value: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (value) => 1 / Math.sqrt(value),
  square: (value) => value * value,
  abs: Math.abs,
  negate: (value) => -value,
  relu: (value) => Math.max(0, value),
};

/** Writes a program step by step. Axes and shapes are ONNX's; how a value is stored is decided here, once. */
export class Emitter {
  /** Root of the names that are given next. */
  hint = "value";
  readonly #values = new Map<string, Value>();
  readonly #constants = new Map<string, Tensor>();
  readonly #steps: Step[] = [];
  readonly #taken: Set<string>;
  readonly #moved = new Map<string, string>();

  constructor(reserved: Iterable<string>) {
    this.#taken = new Set(reserved);
  }

  input(name: string, shape: readonly number[]): Stored {
    this.#values.set(name, { dtype: "float32", shape });
    return { kind: "stored", name, order: naturalOrder(shape.length), shape };
  }

  constant(tensor: Tensor, hint = `${this.hint}_constant`): string {
    const name = this.#fresh(hint);
    this.#constants.set(name, tensor);
    return name;
  }

  /** A step whose result has these sizes as stored; answers its name. */
  step(body: Body, shape: readonly number[], name = this.#fresh(this.hint)): string {
    this.#values.set(name, { dtype: "float32", shape });
    // What was a union without `output` is one with it again.
    this.#steps.push({ ...body, output: name } as Step);
    return name;
  }

  stored(operand: Operand): Stored {
    if (operand.kind === "stored") return operand;
    if (operand.kind === "fixed") {
      const order = naturalOrder(operand.shape.length);
      return { kind: "stored", name: this.constant(operand.tensor), order, shape: operand.shape };
    }
    const plan = reshapePlan(operand.from, operand.shape);
    const name = this.ordered(operand.from, plan.first);
    return this.#lay(name, storedShape({ order: plan.first, shape: operand.from.shape }), {
      order: plan.result,
      shape: operand.shape,
    });
  }

  /** The name of the operand laid out in this order. */
  ordered(operand: Operand, order: readonly number[]): string {
    if (operand.kind === "fixed") return this.constant(transposed(operand.tensor, order));
    const from = this.stored(operand);
    const { name, shape } = from;
    const sizes = storedShape({ order, shape });
    if (String(from.order) === String(order)) return name;
    if (alike(from.order, order, shape)) return this.#lay(name, storedShape(from), { order, shape }).name;
    const permutation = order.map((axis) => from.order.indexOf(axis));
    const key = `${name}>${permutation}`;
    const moved = this.#moved.get(key) ?? this.step({ op: "transpose", input: name, permutation }, sizes);
    this.#moved.set(key, moved);
    return moved;
  }

  natural(operand: Operand): string {
    return this.ordered(operand, naturalOrder(operand.shape.length));
  }

  /** A single picture's elements in a row, in the order they are stored in. */
  flattened({ name, order, shape }: Stored): string {
    const after = { order: [0, 1], shape: [1, sizeOf(shape)] };
    return this.#lay(name, storedShape({ order, shape }), after).name;
  }

  unary(op: Unary, operand: Operand): Operand {
    const compute = onNumber[op];
    if (operand.kind === "fixed" && compute) return fixed(mapped(operand.tensor, compute));
    return this.like(operand, (input) => ({ op, input }));
  }

  /** A step of one operand that keeps its shape, in whatever order it lies. */
  like(operand: Operand, body: (input: string) => Body): Stored {
    const { name, order, shape } = this.stored(operand);
    return { kind: "stored", name: this.step(body(name), storedShape({ order, shape })), order, shape };
  }

  binary(op: Binary, a: Operand, b: Operand): Operand {
    if (a.kind === "fixed" && b.kind === "fixed") return fixed(combined(a.tensor, b.tensor, onNumbers[op]));
    const shape = broadcastShape(a.shape, b.shape);
    const order = this.#commonOrder(a, b, shape.length);
    const inputs = [this.aligned(a, order), this.aligned(b, order)] as const;
    const name = this.step({ op, inputs }, storedShape({ order, shape }));
    return { kind: "stored", name, order, shape };
  }

  /** With a number for the second operand. */
  by(op: Binary, operand: Operand, number: number): Operand {
    return this.binary(op, operand, fixed(float32([number], [])));
  }

  /** The order of the larger one, which then need not move. */
  #commonOrder(a: Operand, b: Operand, rank: number): readonly number[] {
    const moving = [a, b].filter((one) => one.kind !== "fixed").map((one) => this.stored(one));
    const lead = moving.reduce((best, one) => (sizeOf(one.shape) > sizeOf(best.shape) ? one : best));
    const missing = rank - lead.order.length;
    return [...naturalOrder(missing), ...lead.order.map((axis) => axis + missing)];
  }

  /** The operand as one of a broadcast whose result lies in this order. */
  aligned(operand: Operand, order: readonly number[]): string {
    const missing = order.length - operand.shape.length;
    const shape = [...Array<number>(missing).fill(1), ...operand.shape];
    if (operand.kind !== "fixed") return this.ordered(this.reshape(operand, shape), order);
    const turned = transposed(reshaped(operand.tensor, shape), order);
    // Without the ones in front a constant is a vector by channel, as most are: engines are fastest with these.
    const first = turned.shape.findIndex((size) => size !== 1);
    return this.constant(reshaped(turned, first < 0 ? [1] : turned.shape.slice(first)));
  }

  reduce(op: Reduction, operand: Operand, axes: readonly number[], keepDims: boolean): Stored {
    const { name, order, shape } = this.stored(operand);
    const gone = new Set(axes);
    const stay = shape.map((_, axis) => axis).filter((axis) => !gone.has(axis));
    const result = keepDims
      ? { order, shape: shape.map((size, axis) => (gone.has(axis) ? 1 : size)) }
      : {
          order: order.filter((axis) => !gone.has(axis)).map((axis) => stay.indexOf(axis)),
          shape: stay.map((axis) => shape[axis]!),
        };
    const places = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b);
    const made = this.step({ op, input: name, axes: places, keepDims }, storedShape(result));
    return { kind: "stored", name: made, ...result };
  }

  reshape(operand: Operand, shape: readonly number[]): Operand {
    if (operand.kind === "fixed") return fixed(reshaped(operand.tensor, shape));
    const from = operand.kind === "reshaped" ? operand.from : operand;
    const plan = reshapePlan(from, shape);
    if (!plan.direct) return { kind: "reshaped", from, shape };
    return this.#lay(from.name, storedShape(from), { order: plan.result, shape });
  }

  /** The same elements in the same places under another shape. */
  #lay(name: string, before: readonly number[], after: Pick<Stored, "order" | "shape">): Stored {
    const sizes = storedShape(after);
    if (String(before) === String(sizes)) return { kind: "stored", name, ...after };
    const key = `${name}:${sizes}`;
    const laid = this.#moved.get(key) ?? this.step({ op: "reshape", input: name }, sizes);
    this.#moved.set(key, laid);
    return { kind: "stored", name: laid, ...after };
  }

  /** y's axis j is x's axis `permutation[j]`: no step, the elements stay where they are. */
  transpose(operand: Operand, permutation: readonly number[]): Operand {
    if (operand.kind === "fixed") return fixed(transposed(operand.tensor, permutation));
    const { name, order, shape } = this.stored(operand);
    return {
      kind: "stored",
      name,
      order: order.map((axis) => permutation.indexOf(axis)),
      shape: permutation.map((axis) => shape[axis]!),
    };
  }

  concat(operands: readonly Operand[], axis: number): Operand {
    const [only] = operands;
    if (operands.length === 1 && only) return only;
    const lead = this.stored(operands.find(({ kind }) => kind !== "fixed") ?? operands[0]!);
    const { order } = lead;
    const inputs = operands.map((one) => this.ordered(one, order));
    const size = operands.reduce((sum, one) => sum + one.shape[axis]!, 0);
    const shape = lead.shape.with(axis, size);
    const step = { op: "concat", inputs, axis: order.indexOf(axis) } as const;
    return { kind: "stored", name: this.step(step, storedShape({ order, shape })), order, shape };
  }

  slice(operand: Operand, begin: readonly number[], size: readonly number[]): Operand {
    if (String(size) === String(operand.shape)) return operand;
    if (operand.kind === "fixed") return fixed(sliced(operand.tensor, begin, size));
    const { name, order } = this.stored(operand);
    const places = (list: readonly number[]): number[] => order.map((axis) => list[axis]!);
    const step = { op: "slice", input: name, begin: places(begin), size: places(size) } as const;
    return { kind: "stored", name: this.step(step, places(size)), order, shape: size };
  }

  /** Part of one axis. */
  part(operand: Operand, axis: number, begin: number, size: number): Operand {
    const starts = operand.shape.map((_, i) => (i === axis ? begin : 0));
    return this.slice(operand, starts, operand.shape.with(axis, size));
  }

  pad(operand: Operand, amounts: readonly (readonly [number, number])[], value: number): Operand {
    if (amounts.every(([before, after]) => before === 0 && after === 0)) return operand;
    const { name, order, shape } = this.stored(operand);
    const grown = shape.map((size, i) => size + amounts[i]![0] + amounts[i]![1]);
    const placed = order.map((axis) => amounts[axis]!);
    const step = { op: "pad", input: name, amounts: placed, value } as const;
    const result = { order, shape: grown };
    return { kind: "stored", name: this.step(step, storedShape(result)), ...result };
  }

  /** The program as it stands, its outputs under these names. */
  program(name: string, inputs: readonly string[], outputs: ReadonlyMap<string, Operand>): Program {
    for (const [output, operand] of outputs) {
      // A copy, which the tidying makes the last step itself wherever that can be.
      this.step({ op: "reshape", input: this.natural(operand) }, operand.shape, output);
    }
    return {
      name,
      inputs,
      outputs: [...outputs.keys()],
      values: this.#values,
      constants: this.#constants,
      steps: this.#steps,
    };
  }

  #fresh(hint: string): string {
    const name = freshName(this.#taken, hint);
    this.#taken.add(name);
    return name;
  }
}
