import { intAttr, intsAttr, stringAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import { type Known, type Op, type Rule, unknownDims } from "./op.ts";
import { slide, windowsOf } from "./window.ts";

/** X[N,C,spatial] * W[M,C/group,kernel] -> [N,M,spatial'] */
function convShape(op: Op, x: number, w: number): Shape | undefined {
  const input = op.rank(x, 2);
  const weight = op.rank(w, 2);
  const rank = input?.length ?? weight?.length;
  if (rank === undefined) return undefined;
  if (weight !== undefined && weight.length !== rank) {
    op.fail(`the input has ${rank} axes and the weight ${weight.length}: they must be equal`);
  }
  const [n, channels, ...spatial] = input ?? unknownDims(rank);
  const group = intAttr(op.node, "group", 1);
  const perGroup = weight?.[1];
  if (typeof channels === "number" && typeof perGroup === "number" && channels !== perGroup * group) {
    op.fail(`input channels ${channels} must equal weight channels ${perGroup} x group ${group}`);
  }
  const kernel = kernelOf(op, weight, rank - 2);
  const windows = windowsOf(op, kernel);
  return [n, weight?.[0], ...windows.map((window, i) => slide(op, spatial[i], window))];
}

/** The attribute where it is given (it must agree with the weight), else the weight's own spatial size. */
function kernelOf(op: Op, weight: Shape | undefined, rank: number): Shape {
  const stated: readonly Dim[] = intsAttr(op.node, "kernel_shape") ?? unknownDims(rank);
  if (stated.length !== rank) op.fail(`kernel_shape has ${stated.length} numbers and must have ${rank}`);
  return stated.map((size, i) => op.merge(size, weight?.[i + 2], `kernel_shape[${i}]`, "the weight's size"));
}

const Conv: Rule = (op) => [{ dtype: op.dtype(0), shape: convShape(op, 0, 1) }];
const ConvInteger: Rule = (op) => [{ dtype: "int32", shape: convShape(op, 0, 1) }];
const QLinearConv: Rule = (op) => [{ dtype: op.dtype(7), shape: convShape(op, 0, 3) }];

/** X[N,C,spatial], W[C,M/group,kernel] -> [N,M,spatial'] */
const ConvTranspose: Rule = (op) => {
  const [input, weight] = [op.rank(0, 3), op.rank(1, 3)];
  if (input === undefined || weight === undefined) return [{ dtype: op.dtype(0) }];
  if (input.length !== weight.length) {
    op.fail(`the input has ${input.length} axes and the weight ${weight.length}: they must be equal`);
  }
  op.merge(input[1], weight[0], "input channels", "weight channels");
  const group = intAttr(op.node, "group", 1);
  const perGroup = weight[1];
  const channels = typeof perGroup === "number" ? perGroup * group : undefined;
  return [
    { dtype: op.dtype(0), shape: [input[0], channels, ...transposedSizes(op, input.slice(2), weight)] },
  ];
};

/** stride·(in - 1) + output_padding + dilation·(kernel - 1) + 1 - pads, or in·stride for auto_pad=SAME_*. */
function transposedSizes(op: Op, spatial: Shape, weight: Shape): Dim[] {
  const windows = windowsOf(op, kernelOf(op, weight, spatial.length));
  const stated = intsAttr(op.node, "output_shape");
  const more = intsAttr(op.node, "output_padding", []);
  const same = stringAttr(op.node, "auto_pad", "NOTSET").startsWith("SAME");
  const valid = stringAttr(op.node, "auto_pad", "NOTSET") === "VALID";
  return windows.map(({ kernel, stride, dilation, padBegin, padEnd }, i) => {
    // Some exporters write the whole shape, batch and channels too.
    if (stated !== undefined) return stated[stated.length - windows.length + i];
    const size = spatial[i];
    if (typeof size !== "number" || typeof kernel !== "number") return undefined;
    if (same) return size * stride;
    const pads = valid ? 0 : padBegin + padEnd;
    return stride * (size - 1) + (more[i] ?? 0) + dilation * (kernel - 1) + 1 - pads;
  });
}

function pooled(op: Op): Known {
  const input = op.rank(0, 3);
  if (input === undefined) return { dtype: op.dtype(0) };
  const kernel = intsAttr(op.node, "kernel_shape");
  if (kernel === undefined) op.fail("kernel_shape is missing");
  if (kernel.length !== input.length - 2) {
    op.fail(`kernel_shape has ${kernel.length} numbers and must have ${input.length - 2}`);
  }
  const windows = windowsOf(op, kernel);
  const spatial = windows.map((window, i) => slide(op, input[i + 2], window));
  return { dtype: op.dtype(0), shape: [input[0], input[1], ...spatial] };
}

const Pool: Rule = (op) => [pooled(op)];
const MaxPool: Rule = (op) => {
  const output = pooled(op);
  return [output, { ...output, dtype: "int64" }];
};

/** The stated shape, else stride·(in - 1) + kernel - pads along each spatial axis. */
const MaxUnpool: Rule = (op) => {
  const input = op.rank(0, 3);
  const stated = op.input(2).value;
  if (stated !== undefined) return [{ dtype: op.dtype(0), shape: stated }];
  if (input === undefined || op.has(2))
    return [{ dtype: op.dtype(0), shape: input && unknownDims(input.length) }];
  const windows = windowsOf(op, intsAttr(op.node, "kernel_shape", []));
  const spatial = windows.map(({ kernel, stride, padBegin, padEnd }, i) => {
    const size = input[i + 2];
    if (typeof size !== "number" || typeof kernel !== "number") return undefined;
    return stride * (size - 1) + kernel - padBegin - padEnd;
  });
  return [{ dtype: op.dtype(0), shape: [input[0], input[1], ...spatial] }];
};

/** [N,C,spatial] -> [N,C,1,...,1] */
const GlobalPool: Rule = (op) => [
  { dtype: op.dtype(0), shape: op.rank(0, 2)?.map((dim, i) => (i < 2 ? dim : 1)) },
];

/** X[N,C,H,W], regions [R,4] -> [R,C,height,width] */
const RoiAlign: Rule = (op) => {
  const height = intAttr(op.node, "output_height", 1);
  const width = intAttr(op.node, "output_width", 1);
  return [{ dtype: op.dtype(0), shape: [op.shape(1)?.[0], op.rank(0, 4, 4)?.[1], height, width] }];
};

export const conv: Readonly<Record<string, Rule>> = {
  Conv,
  ConvInteger,
  QLinearConv,
  ConvTranspose,
  AveragePool: Pool,
  LpPool: Pool,
  MaxPool,
  MaxUnpool,
  GlobalAveragePool: GlobalPool,
  GlobalMaxPool: GlobalPool,
  GlobalLpPool: GlobalPool,
  RoiAlign,
};
