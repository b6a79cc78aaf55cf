import { expect, test } from "vitest";
import { coloursFor } from "./colour.ts";
import { type SummaryRow, summaryView } from "./summary.ts";

const off = coloursFor({ isTTY: false }, {});

/** VGG16 without its classifier at 32 x 32, pooled, with dense layers of 1024 and 10: weights + biases by hand. */
const channels = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
const sizes = [32, 32, 16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2];
const vgg16: SummaryRow[] = [
  ...sizes.map((size, i) => ({
    layer: `/features/block/conv_${i + 1}/Conv`,
    type: "Conv",
    outputShape: ["N", channels[i + 1]!, size, size],
    parameters: 9 * channels[i]! * channels[i + 1]! + channels[i + 1]!,
    trainable: false,
  })),
  { layer: "pool", type: "GlobalAveragePool", outputShape: ["N", 512], parameters: 0, trainable: false },
  {
    layer: "head/dense",
    type: "Gemm",
    outputShape: ["N", 1024],
    parameters: 512 * 1024 + 1024,
    trainable: true,
  },
  { layer: "head/logits", type: "Gemm", outputShape: [undefined, 10], parameters: 10_250, trainable: true },
];

test("VGG16 with a new head: the totals that Keras prints for it", () => {
  const text = summaryView(vgg16, off);
  expect(text).toContain("Total params: 15,250,250\n");
  expect(text).toContain("Trainable params: 535,562\n");
  expect(text).toContain("Non-trainable (frozen) params: 14,714,688");
  expect(text).toMatchInlineSnapshot(`
    "Layer                         Type               Output shape      Parameters  Block
    ----------------------------  -----------------  ----------------  ----------  -----  ------
    /features/block/conv_1/Conv   Conv               (N, 64, 32, 32)        1,792         frozen
    /features/block/conv_2/Conv   Conv               (N, 64, 32, 32)       36,928         frozen
    /features/block/conv_3/Conv   Conv               (N, 128, 16, 16)      73,856         frozen
    /features/block/conv_4/Conv   Conv               (N, 128, 16, 16)     147,584         frozen
    /features/block/conv_5/Conv   Conv               (N, 256, 8, 8)       295,168         frozen
    /features/block/conv_6/Conv   Conv               (N, 256, 8, 8)       590,080         frozen
    /features/block/conv_7/Conv   Conv               (N, 256, 8, 8)       590,080         frozen
    /features/block/conv_8/Conv   Conv               (N, 512, 4, 4)     1,180,160         frozen
    /features/block/conv_9/Conv   Conv               (N, 512, 4, 4)     2,359,808         frozen
    /features/block/conv_10/Conv  Conv               (N, 512, 4, 4)     2,359,808         frozen
    /features/block/conv_11/Conv  Conv               (N, 512, 2, 2)     2,359,808         frozen
    /features/block/conv_12/Conv  Conv               (N, 512, 2, 2)     2,359,808         frozen
    /features/block/conv_13/Conv  Conv               (N, 512, 2, 2)     2,359,808         frozen
    pool                          GlobalAveragePool  (N, 512)                   0
    head/dense                    Gemm               (N, 1024)            525,312
    head/logits                   Gemm               (?, 10)               10,250

    Total params: 15,250,250
    Trainable params: 535,562
    Non-trainable (frozen) params: 14,714,688"
  `);
});

test("blocks are numbered from the end, and layers without one have no number", () => {
  const layer = { type: "Conv", outputShape: ["N", 4], parameters: 8, trainable: false };
  const rows = [
    { ...layer, layer: "early", block: 2 },
    { ...layer, layer: "late", block: 1 },
    { ...layer, layer: "head", block: null },
  ];
  const lines = summaryView(rows, off).split("\n");
  expect(lines.slice(0, 5).map((line) => line.replace(/ +/g, " "))).toEqual([
    "Layer Type Output shape Parameters Block",
    "----- ---- ------------ ---------- ----- ------",
    "early Conv (N, 4) 8 2 frozen",
    "late Conv (N, 4) 8 1 frozen",
    "head Conv (N, 4) 8 frozen",
  ]);
});

test("a long path keeps its end; frozen layers are dimmed where there is colour", () => {
  const layer = "/model/encoder/layers.11/attention/output/dense/MatMul";
  const row: SummaryRow = { layer, type: "MatMul", outputShape: [], parameters: 5, trainable: false };
  const text = summaryView([row], coloursFor({ isTTY: true }, {}));
  expect(text).toContain(`\x1b[2m…${layer.slice(-39)}\x1b[22m`);
  expect(summaryView([], off)).toContain("Total params: 0");
});
