import type { Tensor } from "../../core/tensor.ts";

/** An ONNX value on its way into a program. `shape` is always the ONNX value's own. */
export type Operand = Fixed | Stored | Reshaped;

/** A constant, not yet laid out for any step. */
export interface Fixed {
  readonly kind: "fixed";
  readonly tensor: Tensor;
  readonly shape: readonly number[];
}

/**
 * A value of the program. Its axis i is axis `order[i]` of the ONNX value: maps lie as [0, 2, 3, 1] from the first
 * convolution on, and an ONNX Transpose changes nothing but the order.
 */
export interface Stored {
  readonly kind: "stored";
  readonly name: string;
  readonly order: readonly number[];
  readonly shape: readonly number[];
}

/** A Reshape that its axes' order forbids as yet: a dense layer permutes its weights instead, others transpose. */
export interface Reshaped {
  readonly kind: "reshaped";
  readonly from: Stored;
  readonly shape: readonly number[];
}

/** How maps lie: [N, H, W, C] in terms of [N, C, H, W]. */
export const channelsLast = [0, 2, 3, 1] as const;

export function fixed(tensor: Tensor): Fixed {
  return { kind: "fixed", tensor, shape: tensor.shape };
}

export function naturalOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

/** The sizes as they are stored. */
export function storedShape({ order, shape }: Pick<Stored, "order" | "shape">): number[] {
  return order.map((axis) => shape[axis]!);
}

/** The axes with more than one position: the others may move without any element moving. */
function moving(order: readonly number[], shape: readonly number[]): number[] {
  return order.filter((axis) => shape[axis] !== 1);
}

/** Whether both orders lay the elements out alike. */
export function alike(a: readonly number[], b: readonly number[], shape: readonly number[]): boolean {
  return String(moving(a, shape)) === String(moving(b, shape));
}

interface Group {
  readonly before: number[];
  readonly after: number[];
}

/** The smallest runs of axes that a reshape turns into each other, axes of size 1 left out: [2,6,4] -> [12,2,2]. */
function groupsOf(before: readonly number[], after: readonly number[]): Group[] {
  const left = moving(naturalOrder(before.length), before);
  const right = moving(naturalOrder(after.length), after);
  const groups: Group[] = [];
  while (left.length > 0) {
    const group: Group = { before: [left.shift()!], after: [right.shift()!] };
    let [a, b] = [before[group.before[0]!]!, after[group.after[0]!]!];
    while (a !== b) {
      const [list, sizes, taken] =
        a < b ? ([left, before, group.before] as const) : ([right, after, group.after] as const);
      const axis = list.shift()!;
      taken.push(axis);
      if (a < b) a *= sizes[axis]!;
      else b *= sizes[axis]!;
    }
    groups.push(group);
  }
  return groups;
}

/** An order with the axes of size 1 put in, each behind the axis in front of it. */
function completed(order: readonly number[], rank: number): number[] {
  const result = [...order];
  for (let axis = 0; axis < rank; axis++)
    if (!result.includes(axis)) result.splice(axis === 0 ? 0 : result.indexOf(axis - 1) + 1, 0, axis);
  return result;
}

/**
 * How a stored value is reshaped where it lies: the order it must have first (its own, where `direct`), and the order of
 * the result.
 */
export function reshapePlan(
  { order, shape }: Stored,
  target: readonly number[],
): { readonly direct: boolean; readonly first: readonly number[]; readonly result: readonly number[] } {
  const position = (group: Group): number => Math.min(...group.before.map((axis) => order.indexOf(axis)));
  const groups = groupsOf(shape, target).sort((a, b) => position(a) - position(b));
  const inner = groups.flatMap(({ before }) => before);
  const first = completed(inner, shape.length);
  const direct = String(inner) === String(moving(order, shape));
  const outer = groups.flatMap(({ after }) => after);
  return { direct, first: direct ? order : first, result: completed(outer, target.length) };
}
