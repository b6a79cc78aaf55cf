import { expect, test } from "vitest";
import { float32 } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { firstTrained, formatUnfreeze, parseUnfreeze, splitAt } from "./split-at.ts";

test.each([
  ["0.3", { kind: "share", share: 0.3 }],
  [" .5 ", { kind: "share", share: 0.5 }],
  ["1e-3", { kind: "share", share: 0.001 }],
  ["1", { kind: "blocks", count: 1 }],
  ["4", { kind: "blocks", count: 4 }],
  ["ALL", { kind: "all" }],
  ["layer4.0/conv1", { kind: "from", node: "layer4.0/conv1" }],
])("'%s' is read, and written it reads the same", (text, expected) => {
  const parsed = parseUnfreeze(text);
  expect(parsed).toEqual(expected);
  expect(parseUnfreeze(formatUnfreeze(parsed))).toEqual(parsed);
});

test.each(["", "  ", "0", "-1", "-0.5", "1.5", "Infinity"])("'%s' says nothing to unfreeze", (text) => {
  expect(() => parseUnfreeze(text)).toThrow(`'${text}' does not say what to unfreeze.`);
});

/** x -> `count` layers of one weight each, every one followed by a Tanh. */
function chain(count: number): GraphBuilder {
  const b = new GraphBuilder({ opset: 18 });
  let x = b.input("x", "float32", ["N", 2]);
  for (let i = 0; i < count; i++) {
    const product = b.op(
      "MatMul",
      [x, b.initializer(`w${i}`, float32([1, 2, 3, 4], [2, 2]))],
      {},
      {
        name: `dense${i}`,
      },
    );
    x = b.op("Tanh", [product], {}, { name: `act${i}` });
  }
  b.output(x);
  return b;
}

const blocks: readonly Block[] = blocksOf(chain(10).graph());

test.each([
  ["all", 0],
  ["1", 9],
  ["4", 6],
  ["10", 0],
  ["99", 0],
  ["0.3", 7],
  ["0.01", 9],
  ["0.99", 0],
  ["dense7", 7],
  ["act7", 7],
])("of ten blocks, '%s' trains from number %i on", (text, first) => {
  expect(firstTrained(blocks, parseUnfreeze(text))).toBe(first);
});

test("a node that is not there: the closest are named", () => {
  expect(() => firstTrained(blocks, { kind: "from", node: "dence7" })).toThrow(
    "The base has no node 'dence7' to unfreeze from.",
  );
  expect(() => firstTrained(blocks, { kind: "from", node: "dence7" })).toThrow("Closest: 'dense7'");
});

test("before the first block there is nothing to freeze", () => {
  const model = chain(3).model();
  const split = splitAt(model, 0);
  expect(split.frozen).toBeUndefined();
  expect(split.top).toBe(model);
  expect(split.boundary.name).toBe("x");
});
