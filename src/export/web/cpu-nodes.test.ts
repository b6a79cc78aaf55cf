import { expect, test } from "vitest";
import { readModel } from "../../onnx/read.ts";
import { writeModel } from "../../onnx/write.ts";
import { fits, normalisations, preprocessGraph } from "../../surgery/preprocess.ts";
import { cpuNodesOf } from "./cpu-nodes.ts";
import { checkPicture, disagreement } from "./page/check.js";

test.each(fits)(
  "of preprocessing that fits by %s, the antialiased Resize and the cast before it stay",
  (fit) => {
    const preprocess = { ...normalisations.unit, size: 8, fit, layout: "nchw" } as const;
    const { graph } = readModel(writeModel(preprocessGraph(preprocess, 18)));
    const kept = new Set(cpuNodesOf(graph));
    expect(graph.nodes.filter(({ name }) => kept.has(name)).map(({ opType }) => opType)).toEqual([
      "Cast",
      "Resize",
    ]);
  },
);

test("a plain Resize may go to the card", () => {
  const { graph } = preprocessGraph({ ...normalisations.unit, size: 8, fit: "squash", layout: "nchw" }, 18);
  const plain = graph.nodes.map((node) => ({
    ...node,
    attributes: new Map([...node.attributes].filter(([name]) => name !== "antialias")),
  }));
  expect(cpuNodesOf({ ...graph, nodes: plain })).toEqual([]);
});

test("the check picture is the same wherever it is made", () => {
  const { width, height, data } = checkPicture(4);
  expect([width, height, data.length]).toEqual([5, 4, 60]);
  // (x * (y + 1) * (c + 2)) >> 4, worked out by hand for the last pixel: x = 4, y = 3.
  expect([...data.subarray(-3)]).toEqual([2, 3, 4]);
});

test("answers agree to a hundredth of their length; what is missing or no number does not", () => {
  const expected = { probabilities: [0.6, 0.8], embedding: [3, 4] };
  expect(disagreement({ probabilities: [0.6, 0.8], embedding: [3, 4.04] }, expected)).toBeUndefined();
  expect(disagreement({ probabilities: [0.6, 0.8], embedding: [3, 4.06] }, expected)).toBe("embedding");
  expect(disagreement({ probabilities: [0.6], embedding: [3, 4] }, expected)).toBe("probabilities");
  expect(disagreement({ probabilities: [0.6, Number.NaN], embedding: [3, 4] }, expected)).toBe(
    "probabilities",
  );
});
