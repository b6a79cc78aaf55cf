import type { Dim, Shape } from "../graph.ts";

/** Two statements about one axis, joined; null where they contradict each other. */
export function mergeDim(a: Dim, b: Dim): Dim | null {
  if (a === b) return a;
  if (typeof a === "number" && typeof b === "number") return null;
  if (typeof a === "number") return a;
  if (typeof b === "number") return b;
  return a === undefined ? b : b === undefined ? a : undefined;
}

/** One axis of a broadcast (as in NumPy): 1 gives way to anything; null where the sizes cannot meet. */
export function broadcastDim(a: Dim, b: Dim): Dim | null {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number" && typeof b === "number") return null;
  // A size other than 1 forces the unknown one to be equal or 1.
  if (typeof a === "number") return a;
  return typeof b === "number" ? b : undefined;
}

/** Shapes broadcast against each other, aligned at the end; null where two sizes cannot meet. */
export function broadcastShapes(shapes: readonly (Shape | undefined)[]): Shape | undefined | null {
  let result: Dim[] = [];
  for (const shape of shapes) {
    if (shape === undefined) return undefined;
    const rank = Math.max(result.length, shape.length);
    const next: Dim[] = [];
    for (let i = 0; i < rank; i++) {
      const dim = broadcastDim(at(result, i - rank + result.length), at(shape, i - rank + shape.length));
      if (dim === null) return null;
      next.push(dim);
    }
    result = next;
  }
  return result;
}

function at(shape: Shape, index: number): Dim {
  return index < 0 ? 1 : shape[index];
}

/** Arithmetic on numbers that passes a name through where nothing changes it, and is unknown otherwise. */
export function addDim(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return a === 0 ? b : b === 0 ? a : undefined;
}

export function subDim(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return b === 0 ? a : undefined;
}

export function mulDim(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  return a === 1 ? b : b === 1 ? a : undefined;
}

/** Number of elements, where it can be told. */
export function product(dims: readonly Dim[]): Dim {
  return dims.reduce(mulDim, 1);
}

/** A shape as messages show it: "[N,3,?,?]". */
export function showShape(shape: Shape | undefined): string {
  return shape === undefined ? "[...]" : `[${shape.map((dim) => dim ?? "?").join(",")}]`;
}

/** Whether every size is known. */
export function isStatic(shape: Shape | undefined): shape is readonly number[] {
  return shape?.every((dim) => typeof dim === "number") ?? false;
}
