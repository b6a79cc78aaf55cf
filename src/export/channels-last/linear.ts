import { float32, type Tensor } from "../../core/tensor.ts";
import { floatAttr, intAttr } from "../../onnx/attributes.ts";
import { broadcastTo, mapped, reshaped, transposed } from "./constants.ts";
import { type Operand, storedShape } from "./operand.ts";
import type { Rule, Site } from "./site.ts";

/** Y = alpha · A' · B' + beta · C */
const Gemm: Rule = (site) => {
  const { e, node } = site;
  const [alpha, beta] = [floatAttr(node, "alpha", 1), floatAttr(node, "beta", 1)];
  const a = intAttr(node, "transA", 0) ? e.transpose(site.x(0), [1, 0]) : site.x(0);
  const b = intAttr(node, "transB", 0) ? e.transpose(site.x(1), [1, 0]) : site.x(1);
  const c = site.has(2) && beta !== 0 ? scaled(site, site.x(2), beta) : undefined;
  const outputs = site.shape[1]!;
  if (b.kind === "fixed" && a.kind !== "fixed") {
    const weights = mapped(transposed(b.tensor, [1, 0]), (value) => value * alpha);
    // A bias of one row belongs to the step; one with a number a row is added behind it.
    const row = c?.kind === "fixed" && (c.shape.length < 2 || c.shape[0] === 1) ? c.tensor : undefined;
    const made = dense(site, a, weights, row && broadcastTo(row, [1, outputs]));
    return c && !row ? e.binary("add", made, c) : made;
  }
  const product = scaled(site, multiplied(site, a, b, site.shape), alpha);
  return c ? e.binary("add", product, c) : product;
};

function scaled({ e }: Site, x: Operand, factor: number): Operand {
  return factor === 1 ? x : e.by("multiply", x, factor);
}

/** Y = A · B of the last two axes, those in front broadcast */
const MatMul: Rule = (site) => {
  const { e, shape } = site;
  const [x, y] = [site.x(0), site.x(1)];
  // A vector counts as a row on the left and as a column on the right; the result then lacks that axis.
  const a = x.shape.length === 1 ? e.reshape(x, [1, x.shape[0]!]) : x;
  const b = y.shape.length === 1 ? e.reshape(y, [y.shape[0]!, 1]) : y;
  const [rows, columns] = [a.shape.at(-2)!, b.shape.at(-1)!];
  if (b.kind === "fixed" && b.shape.length === 2 && a.kind !== "fixed") {
    const depth = a.shape.at(-1)!;
    const count = a.shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const flat = a.shape.length === 2 ? a : e.reshape(a, [count, depth]);
    return e.reshape(dense(site, flat, transposed(b.tensor, [1, 0]), undefined), shape);
  }
  const front = shape.slice(0, shape.length - (x.shape.length > 1 ? 1 : 0) - (y.shape.length > 1 ? 1 : 0));
  return e.reshape(multiplied(site, a, b, [...front, rows, columns]), shape);
};

/** input · weightsᵀ + bias, the weights [out, in] laid out for the input as it lies. */
function dense(site: Site, x: Operand, weights: Tensor, bias: Tensor | undefined): Operand {
  const { e } = site;
  const [rows = 1, depth = 0] = x.shape;
  const outputs = weights.shape[0]!;
  const one = x.kind === "reshaped" && rows === 1 ? x.from : undefined;
  const input = one ? e.flattened(one) : e.natural(x);
  const laid = one
    ? reshaped(
        transposed(reshaped(weights, [outputs, ...one.shape]), [0, ...one.order.map((axis) => axis + 1)]),
        [outputs, depth],
      )
    : weights;
  const shape = [rows, outputs];
  const name = e.step(
    {
      op: "fullyConnected",
      input,
      weights: e.constant(laid, `${e.hint}_weights`),
      bias: e.constant(reshaped(bias ?? float32(new Float32Array(outputs)), [outputs]), `${e.hint}_bias`),
      activation: "none",
    },
    shape,
  );
  return { kind: "stored", name, order: [0, 1], shape };
}

/** A matMul step; a transposed operand is told to it instead of moved. */
function multiplied(site: Site, a: Operand, b: Operand, shape: readonly number[]): Operand {
  const { e } = site;
  const sides = [a, b].map((operand) => {
    const { order } = e.stored(operand);
    const rank = order.length;
    const turned = [...order.keys()].map((axis) =>
      axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis,
    );
    const transposedToo = String(order) === String(turned);
    return {
      name: transposedToo ? e.ordered(operand, turned) : e.natural(operand),
      transposed: transposedToo,
    };
  });
  const [left, right] = [sides[0]!, sides[1]!];
  const step = {
    op: "matMul",
    inputs: [left.name, right.name],
    transposed: [left.transposed, right.transposed],
  } as const;
  const result = { order: [...shape.keys()], shape };
  return { kind: "stored", name: e.step(step, storedShape(result)), ...result };
}

export const linear: Readonly<Record<string, Rule>> = { Gemm, MatMul };
