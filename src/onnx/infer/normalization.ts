import { intAttr } from "../attributes.ts";
import { dtypeOf } from "../dtypes.ts";
import type { Dim, Shape } from "../graph.ts";
import { type Op, type Rule, sameAsInput } from "./op.ts";

/** Scale and bias hold one number a channel: axis 1 of the input. */
function checkChannels(op: Op, inputs: readonly number[]): Dim {
  let channels = op.shape(0)?.[1];
  for (const index of inputs) {
    channels = op.merge(channels, op.rank(index, 1, 1)?.[0], "input channels", `size of input ${index}`);
  }
  return channels;
}

/** Y like X; in training mode the running mean and variance, [C], follow. */
const BatchNormalization: Rule = (op) => {
  const channels = checkChannels(op, [1, 2, 3, 4]);
  const statistics = { dtype: op.dtype(3), shape: [channels] };
  return [{ dtype: op.dtype(0), shape: op.shape(0) }, statistics, statistics, statistics, statistics];
};

const InstanceNormalization: Rule = (op) => {
  checkChannels(op, [1, 2]);
  return sameAsInput(op);
};

/** Y like X; mean and inverse deviation with the normalised axes shrunk to 1. */
const LayerNormalization: Rule = (op) => {
  const shape = op.shape(0);
  const axis = shape && op.axis(intAttr(op.node, "axis", -1), shape.length);
  if (shape !== undefined && axis !== undefined) op.broadcast([shape, op.shape(1)]);
  const reduced: Shape | undefined = shape?.map((dim, i) => (i < (axis ?? 0) ? dim : 1));
  const statistics = { dtype: dtypeOf(intAttr(op.node, "stash_type", 1)), shape: reduced };
  return [{ dtype: op.dtype(0), shape }, statistics, statistics];
};

export const normalization: Readonly<Record<string, Rule>> = {
  BatchNormalization,
  InstanceNormalization,
  LayerNormalization,
  GroupNormalization: sameAsInput,
  RMSNormalization: sameAsInput,
};
