import { type Case, row } from "./sketch.ts";

export const shapes: readonly Case[] = [
  row("Transposes between the layouts vanish", (s, x) => {
    const last = s.op("Relu", [s.op("Transpose", [s.conv(x, 6, 5)], { perm: [0, 2, 3, 1] })]);
    const back = s.op("Transpose", [s.op("Mul", [last, s.weight(5)])], { perm: [0, 3, 1, 2] });
    return s.op("Flatten", [s.op("GlobalAveragePool", [s.conv(back, 5, 4)])]);
  }),
  row("Transpose that stays", (s, x) => s.op("Transpose", [x], { perm: [0, 3, 1, 2] })),
  row("Transpose by default", (s, x) => s.op("Transpose", [x])),
  row(
    "patches of a transformer lie as they are wanted",
    (s, x) => {
      const rows = s.op("Reshape", [
        s.op("Conv", [x, s.weight(8, 6, 3, 3)], { strides: [3, 3] }),
        s.ints(0, 8, -1),
      ]);
      const tokens = s.op("Transpose", [rows], { perm: [0, 2, 1] });
      return s.op("Add", [s.op("MatMul", [tokens, s.weight(8, 4)]), s.weight(1, 6, 4)]);
    },
    { without: [] },
  ),
  row("channels shuffled", (s, x) => {
    const groups = s.op("Reshape", [s.conv(x, 6, 8), s.ints(1, 2, 4, 9, 7)]);
    const turned = s.op("Transpose", [groups], { perm: [0, 2, 1, 3, 4] });
    return s.conv(s.op("Reshape", [turned, s.ints(1, -1, 9, 7)]), 8, 3);
  }),
  row(
    "attention's heads",
    (s, x) => {
      const head = (perm: number[]) =>
        s.op("Transpose", [s.op("Reshape", [s.op("MatMul", [x, s.weight(8, 8)]), s.ints(0, 0, 2, 4)])], {
          perm,
        });
      const [q, k, v] = [head([0, 2, 1, 3]), head([0, 2, 3, 1]), head([0, 2, 1, 3])];
      const weights = s.op("Softmax", [s.op("Div", [s.op("MatMul", [q, k]), s.number(2)])]);
      const mixed = s.op("Transpose", [s.op("MatMul", [weights, v])], { perm: [0, 2, 1, 3] });
      return s.op("MatMul", [s.op("Reshape", [mixed, s.ints(0, 0, -1)]), s.weight(8, 5)]);
    },
    { shape: [1, 5, 8] },
  ),
  row("Reshape across axes", (s, x) => s.op("Reshape", [s.conv(x, 6, 4), s.ints(2, 6, -1, 3)])),
  row("Reshape of a shape under computation", (s, x) => {
    const y = s.conv(x, 6, 5);
    const sides = s.op("Slice", [s.op("Shape", [y]), s.ints(2), s.ints(4)]);
    const target = s.op(
      "Concat",
      [s.ints(1, 5), s.op("Cast", [s.op("ReduceProd", [sides], { keepdims: 1 })], { to: 7 })],
      { axis: 0 },
    );
    return s.op("Relu", [s.op("Reshape", [y, target])]);
  }),
  row("Squeeze and Unsqueeze", (s, x) => {
    const means = s.op("Squeeze", [s.op("GlobalAveragePool", [s.conv(x, 6, 5)])]);
    return s.op("Add", [s.op("Unsqueeze", [means, s.ints(0, -1)]), s.weight(3)]);
  }),
  row("Concat by channel and by row, with a constant", (s, x) => {
    const y = s.conv(x, 6, 5);
    const wide = s.op("Concat", [y, s.weight(1, 2, 9, 7), s.op("Relu", [x])], { axis: 1 });
    return s.op("Concat", [wide, s.op("Neg", [wide])], { axis: -2 });
  }),
  row("Split by sizes and evenly", (s, x) => {
    const [a, b, c] = s.ops("Split", [s.conv(x, 6, 6), s.ints(1, 3, 2)], { axis: 1 }, 3);
    const [d, e] = s.ops("Split", [b!], { axis: -1, num_outputs: 2 }, 2);
    return s.op(
      "Concat",
      [
        s.op("GlobalMaxPool", [a!]),
        s.op("GlobalMaxPool", [c!]),
        s.op("GlobalMaxPool", [d!]),
        s.op("GlobalAveragePool", [e!]),
      ],
      { axis: 1 },
    );
  }),
  row("Slice from behind, beyond the end and in steps", (s, x) =>
    s.op("Slice", [
      s.conv(x, 6, 6),
      s.ints(-4, 1, 6),
      s.ints(9999, -2, -9999),
      s.ints(1, 2, 3),
      s.ints(1, 2, -3),
    ]),
  ),
  row("Gather of channels", (s, x) => s.op("Gather", [s.conv(x, 6, 6), s.ints(5, 0, 1, 2, -3)], { axis: 1 })),
  row("Gather of one", (s, x) => s.op("Gather", [x, s.int(-2)], { axis: 2 })),
  row("Tile", (s, x) => s.op("Tile", [s.conv(x, 6, 5), s.ints(1, 2, 1, 3)])),
  row("DepthToSpace, blocks in front", (s, x) => s.op("DepthToSpace", [s.conv(x, 6, 8)], { blocksize: 2 })),
  row("DepthToSpace, blocks behind", (s, x) =>
    s.conv(s.op("DepthToSpace", [s.conv(x, 6, 8)], { blocksize: 2, mode: "CRD" }), 2, 3),
  ),
  row("SpaceToDepth", (s, x) => s.conv(s.op("SpaceToDepth", [s.conv(x, 6, 5)], { blocksize: 2 }), 20, 3), {
    shape: [1, 6, 8, 4],
  }),
  row("Pad with a value", (s, x) =>
    s.op("Pad", [s.conv(x, 6, 5), s.ints(0, 0, 1, 2, 0, 1, 0, 3), s.number(1.5)]),
  ),
  row("Pad that cuts, on two axes", (s, x) => s.op("Pad", [x, s.ints(-1, 2, 1, -2), "", s.ints(-1, 2)])),
  ...["reflect", "edge"].map((mode) =>
    row(`Pad by ${mode}`, (s, x) => s.op("Pad", [s.conv(x, 6, 5), s.ints(0, 0, 1, 2, 0, 0, 3, 1)], { mode })),
  ),
  row(
    "Expand of a class token",
    (s, x) => {
      const token = s.op("Expand", [s.weight(1, 1, 7), s.ints(1, 2, 7)]);
      return s.op("Concat", [token, x], { axis: 1 });
    },
    { shape: [1, 5, 7] },
  ),
  row("Expand of means", (s, x) => s.op("Expand", [s.op("GlobalAveragePool", [x]), s.ints(1, 6, 3, 2)])),
  row(
    "Identity, Dropout and Cast",
    (s, x) => s.op("Neg", [s.op("Identity", [s.op("Dropout", [s.op("Cast", [x], { to: 1 })])])]),
    { without: ["reshape"] },
  ),
  row("an input handed through", (s, x) => s.op("Identity", [x])),
];
