import { test } from "vitest";
import { float32, int64, scalar, sizeOf } from "../core/tensor.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import { checkGradients } from "./testing/check-gradients.ts";

const [tokens, width, heads, vocabulary] = [5, 8, 2, 7];
const depth = width / heads;

/** x·W + b, the weights by their names. */
const dense = (b: GraphBuilder, x: string, name: string): string =>
  b.op("Add", [b.op("MatMul", [x, `${name}.weight`]), `${name}.bias`]);

/** [N, T, width] -> [N, heads, T, depth] */
function inHeads(b: GraphBuilder, x: string): string {
  const split = b.op("Reshape", [x, b.constant(int64([0, -1, heads, depth]))]);
  return b.op("Transpose", [split], { perm: [0, 2, 1, 3] });
}

/** softmax(q·kᵀ / √depth)·v in each head, the heads side by side, then one more dense layer. */
function attend(b: GraphBuilder, q: string, k: string, v: string): string {
  const scores = b.op("MatMul", [q, b.op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
  const scaled = b.op("Mul", [scores, b.constant(scalar(1 / Math.sqrt(depth)))]);
  const mixed = b.op("MatMul", [b.op("Softmax", [scaled], { axis: -1 }), v]);
  const joined = b.op("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  const rows = b.op("Reshape", [joined, b.constant(int64([0, -1, width]))]);
  return dense(b, rows, "out");
}

/** The class token in front of embedded tokens, positions added. */
function embed(b: GraphBuilder): string {
  const ids = b.input("ids", "int64", ["N", tokens - 1]);
  const batch = b.op("Slice", [b.op("Shape", [ids]), b.constant(int64([0])), b.constant(int64([1]))]);
  const sizes = b.op("Concat", [batch, b.constant(int64([1, width]))], { axis: 0 });
  const first = b.op("Expand", ["class", sizes]);
  const all = b.op("Concat", [first, b.op("Gather", ["embedding", ids])], { axis: 1 });
  return b.op("Add", [all, "positions"]);
}

const weights = {
  embedding: [vocabulary, width],
  class: [1, 1, width],
  positions: [1, tokens, width],
  "out.weight": [width, width],
  "out.bias": [width],
};
const joint = { ...weights, "qkv.weight": [width, 3 * width], "qkv.bias": [3 * width] };
const ids = (batch: number) => ({
  ids: int64(
    Array.from({ length: batch * (tokens - 1) }, (_, i) => (i * i) % vocabulary),
    [batch, tokens - 1],
  ),
});

test.each([1, 3])("attention, q, k and v cut from one product by Split; batch %i", async (batch) => {
  const build = (b: GraphBuilder): string => {
    const qkv = b.ops("Split", [dense(b, embed(b), "qkv")], { axis: -1, num_outputs: 3 }, 3);
    const [q = "", k = "", v = ""] = qkv.map((each) => inHeads(b, each));
    const x = attend(b, q, k, v);
    // The class token's row, as a classifier takes it.
    return b.op("Gather", [x, b.constant(int64([0], []))], { axis: 1 });
  };
  await checkGradients({ weights: joint, feeds: ids(batch), build, seed: 11 });
});

test("attention as timm writes it: one Reshape to [N, T, 3, heads, depth], three Gathers, a residual", async () => {
  const build = (b: GraphBuilder): string => {
    const x = embed(b);
    const five = b.op("Reshape", [dense(b, x, "qkv"), b.constant(int64([0, -1, 3, heads, depth]))]);
    const stacked = b.op("Transpose", [five], { perm: [2, 0, 3, 1, 4] });
    const [q = "", k = "", v = ""] = [0, 1, 2].map((i) =>
      b.op("Gather", [stacked, b.constant(int64([i], []))], { axis: 0 }),
    );
    const y = b.op("Add", [x, attend(b, q, k, v)]);
    const [start, end, axis] = [1, 1000, 1].map((each) => b.constant(int64([each])));
    return b.op("Slice", [y, start!, end!, axis!]);
  };
  await checkGradients({ weights: joint, feeds: ids(3), build, seed: 12 });
});

test("attention under a causal mask written with Where and Trilu", async () => {
  const { positions: _positions, class: _class, ...rest } = weights;
  const names = ["q", "k", "v"];
  const three = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}.weight`, [width, width]],
      [`${name}.bias`, [width]],
    ]),
  );
  const length = tokens - 1;
  const build = (b: GraphBuilder): string => {
    const x = b.op("Gather", ["embedding", b.input("ids", "int64", ["N", length])]);
    const [q = "", k = "", v = ""] = names.map((name) => inHeads(b, dense(b, x, name)));
    const scores = b.op("MatMul", [q, b.op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
    const ones = b.constant(float32(new Float32Array(sizeOf([length, length])).fill(1), [length, length]));
    const seen = b.op("Cast", [b.op("Trilu", [ones], { upper: 0 })], { to: 9 });
    const masked = b.op("Where", [seen, scores, b.constant(scalar(-1e9))]);
    const mixed = b.op("MatMul", [b.op("Softmax", [masked], { axis: -1 }), v]);
    return dense(
      b,
      b.op("Reshape", [
        b.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
        b.constant(int64([0, -1, width])),
      ]),
      "out",
    );
  };
  await checkGradients({ weights: { ...rest, ...three }, feeds: ids(3), build, seed: 13 });
});

test.each([1, 4])(
  "attention of a named length under a causal mask made from it; %i tokens",
  async (length) => {
    const { positions: _positions, class: _class, ...rest } = joint;
    const build = (b: GraphBuilder): string => {
      const ids = b.input("ids", "int64", ["N", "T"]);
      const x = b.op("Gather", ["embedding", ids]);
      const qkv = b.ops("Split", [dense(b, x, "qkv")], { axis: -1, num_outputs: 3 }, 3);
      const [q = "", k = "", v = ""] = qkv.map((each) => inHeads(b, each));
      const scores = b.op("MatMul", [q, b.op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
      const scaled = b.op("Mul", [scores, b.constant(scalar(1 / Math.sqrt(depth)))]);
      // -1e9 above the diagonal of [T, T], whose sizes only a run tells.
      const size = b.op("Slice", [b.op("Shape", [ids]), b.constant(int64([1])), b.constant(int64([2]))]);
      const square = b.op("Concat", [size, size], { axis: 0 });
      const far = b.op("Expand", [b.constant(scalar(-1e9)), square]);
      const later = b.op("Trilu", [far, b.constant(int64([1], []))], { upper: 1 });
      const mixed = b.op("MatMul", [b.op("Softmax", [b.op("Add", [scaled, later])], { axis: -1 }), v]);
      const joined = b.op("Transpose", [mixed], { perm: [0, 2, 1, 3] });
      return dense(b, b.op("Reshape", [joined, b.constant(int64([0, -1, width]))]), "out");
    };
    const feeds = {
      ids: int64(
        [...Array(3 * length).keys()].map((i) => (i * i) % vocabulary),
        [3, length],
      ),
    };
    await checkGradients({ weights: rest, feeds, build, seed: 14, step: 4e-3 });
  },
);
