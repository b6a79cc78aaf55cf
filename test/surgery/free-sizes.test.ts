import { expect, test } from "vitest";
import { float32, floats, int64 } from "../../src/core/tensor.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { Net, picture } from "./networks.ts";
import { featuresOf, prepare } from "./prepare.ts";
import { difference, run } from "./run.ts";

type End = (net: Net, side: number) => string;

/** What exporters write down of the sizes at hand; `side` is that of the last map. */
const fixing: readonly (readonly [string, End])[] = [
  ["nothing", (net) => net.flatten(net.pool(net.stem()))],
  ["the batch in a Reshape", (net) => net.b.op("Reshape", [net.pool(net.stem()), net.ints(1, 8)])],
  ["a Reshape with -1", (net) => net.b.op("Reshape", [net.pool(net.stem()), net.ints(1, -1)])],
  [
    "the batch in a Constant node",
    (net) => net.b.op("Reshape", [net.pool(net.stem()), net.b.op("Constant", [], { value: int64([1, 8]) })]),
  ],
  [
    "the batch in a list of ints",
    (net) => net.b.op("Reshape", [net.pool(net.stem()), net.b.op("Constant", [], { value_ints: [1, 8] })]),
  ],
  [
    "an average pool that covers its input",
    (net, side) => net.flatten(net.b.op("AveragePool", [net.stem()], { kernel_shape: [side, side] })),
  ],
  [
    "a max pool that covers its input",
    (net, side) => net.flatten(net.b.op("MaxPool", [net.stem()], { kernel_shape: [side, side] })),
  ],
  [
    "the sides of a map, as in ShuffleNet",
    (net, side) => {
      const groups = net.b.op("Reshape", [net.stem(), net.ints(1, 2, 4, side, side)]);
      const turned = net.b.op("Transpose", [groups], { perm: [0, 2, 1, 3, 4] });
      return net.flatten(net.pool(net.b.op("Reshape", [turned, net.ints(1, 8, side, side)])));
    },
  ],
  [
    "the number of positions",
    (net, side) => {
      const rows = net.b.op("Reshape", [net.stem(), net.ints(1, 8, side * side)]);
      return net.b.op("ReduceMean", [rows], { axes: [2], keepdims: 0 });
    },
  ],
];

function fixedAt(size: number, end: End): Model {
  const net = new Net([1, 3, size, size]);
  net.named("Identity", end(net, size / 4), "out");
  return net.ending("out");
}

test.each(fixing)("a network that fixes %s runs at other sizes and batches", async (_, end) => {
  for (const size of [32, 48, 64]) {
    const freed = await featuresOf(await prepare(fixedAt(32, end), { size }), picture(size, 3));
    // The same network exported at that size.
    const native = fixedAt(size, end);
    const [rows, width = 0] = freed.shape;
    expect(rows).toBe(3);
    for (const row of [0, 1, 2]) {
      const one = float32(floats(picture(size, 3)).slice(row * 3 * size ** 2, (row + 1) * 3 * size ** 2), [
        1,
        3,
        size,
        size,
      ]);
      const { out } = await run(native, { input: one });
      const features = float32(floats(freed).slice(row * width, (row + 1) * width), [1, width]);
      expect(difference(features, out!), `size ${size}, picture ${row}`).toBeLessThan(1e-5);
    }
  }
});
