import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { float32, floats } from "../../src/core/tensor.ts";
import { LoweringError } from "../../src/export/channels-last/errors.ts";
import { lower } from "../../src/export/channels-last/lower.ts";
import { packed } from "../../src/export/tfjs/weights.ts";
import { writeTfjs } from "../../src/export/tfjs/write.ts";
import { EngineError } from "../../src/runtime/errors.ts";
import { loadTfjs } from "../../src/runtime/tfjs-node.ts";
import { compared, runTfjs } from "./lowered.ts";
import { cases } from "./lowering/cases.ts";
import { networkOn, noise } from "./lowering/network.ts";
import { row, seed } from "./lowering/sketch.ts";

describe("TensorFlow.js answers what ONNX Runtime answers", () => {
  test.each(cases)("$name", async ({ model, input, without }) => {
    const { program, relative } = await compared(model, input);
    expect(relative, `seed ${seed}`).toBeLessThan(1e-4);
    const operators = program.steps.map(({ op }) => op);
    expect(operators.filter((op) => without.includes(op))).toEqual([]);
  });
});

const models = "../shared/assets/models";
const networks = [
  "box/backbone.onnx",
  `${models}/mobilenet_v1_1.0_224.onnx`,
  `${models}/mobilenet_v2_1.0_224_features.onnx`,
  `${models}/squeezenet1.1.onnx`,
];

describe("real networks", () => {
  test.for(networks)(
    "%s gives the same probabilities, without a needless transpose",
    async (file, { skip }) => {
      if (!existsSync(file)) skip();
      const { program, actual, apart } = await compared(await networkOn(file), noise(224));
      expect(apart, `seed ${seed}`).toBeLessThan(1e-5);
      // The box evens a picture's light over all its values in one row, which are in the graph's order for that.
      const needed = file.startsWith("box/") ? 2 : 0;
      expect(program.steps.filter(({ op }) => op === "transpose")).toHaveLength(needed);
      // Halved weights move the answer, by no more than a classifier's user would notice.
      const halved = await runTfjs(program, noise(224), "float16");
      const moved = actual.map((value, i) => Math.abs(value - halved[i]!));
      expect(Math.max(...moved), `seed ${seed}`).toBeLessThan(0.01);
    },
  );
});

test("what a program cannot say is refused by operator and node", () => {
  const refused = (draw: Parameters<typeof row>[1]) => {
    try {
      lower(row("", draw).model);
    } catch (error) {
      if (error instanceof LoweringError) return error.message;
      throw error;
    }
    return "nothing";
  };
  expect(refused((s, x) => s.op("Sin", [x]))).toMatchInlineSnapshot(
    `"Sin 'Sin_0' cannot be written for TensorFlow.js and TensorFlow Lite. Tsugiki knows no steps that do what Sin does. Run the .onnx file itself there (onnxruntime-web, onnxruntime-mobile), or train on another base."`,
  );
  expect(refused((s, x) => s.op("Conv", [x, s.op("Abs", [x])]))).toMatchInlineSnapshot(
    `"Conv 'Conv_0' cannot be written for TensorFlow.js and TensorFlow Lite: its input 1 is computed from the picture. Run the .onnx file itself there (onnxruntime-web, onnxruntime-mobile), or train on another base, such as mobilenet."`,
  );
  expect(
    refused((s, x) => s.op("Resize", [x, "", "", s.ints(1, 6, 20, 20)], { mode: "cubic" })),
  ).toMatchInlineSnapshot(
    `"Resize 'Resize_0' cannot be written for TensorFlow.js and TensorFlow Lite: it resizes by cubic with half_pixel. Run the .onnx file itself there (onnxruntime-web, onnxruntime-mobile), or train on another base, such as mobilenet."`,
  );
});

describe("the files", () => {
  const { model, input } = row("", (s, x) => {
    const wide = s.conv(x, 6, 40, 3);
    return s.op("Softmax", [s.op("Flatten", [s.op("GlobalAveragePool", [wide])])]);
  });
  const program = lower(model);

  test("name input, output and labels", () => {
    const files = writeTfjs(program, { labels: ["花", "dog"] });
    expect([...files.keys()]).toEqual(["model.json", "group1-shard1of1.bin"]);
    const json = JSON.parse(new TextDecoder().decode(files.get("model.json")));
    expect(json.format).toBe("graph-model");
    expect(json.userDefinedMetadata).toEqual({ labels: ["花", "dog"] });
    expect(Object.keys(json.signature.inputs)).toEqual(["image"]);
    expect(Object.keys(json.signature.outputs)).toEqual(program.outputs);
  });

  test("hold no shard above its size, one behind the other", () => {
    const values = float32(Float32Array.from({ length: 100 }, (_, i) => i));
    const { manifest, files } = packed(new Map([["w", values]]), "float32", 150);
    expect([...files].map(([name, { length }]) => `${name} ${length}`)).toEqual([
      "group1-shard1of3.bin 150",
      "group1-shard2of3.bin 150",
      "group1-shard3of3.bin 100",
    ]);
    expect(manifest[0]?.paths).toEqual([...files.keys()]);
    expect(Buffer.concat([...files.values()])).toEqual(Buffer.from(values.bytes));
  });

  test("take half the room as float16, but for what it cannot hold", async () => {
    const large = float32(new Float32Array(64).fill(1e6));
    const small = float32(new Float32Array(64).fill(1));
    const { manifest, files } = packed(
      new Map([
        ["large", large],
        ["small", small],
      ]),
      "float16",
    );
    expect(files.get(manifest[0]!.paths[0]!)?.length).toBe(64 * 4 + 64 * 2);
    const halved = await runTfjs(program, input, "float16");
    const exact = await runTfjs(program, input);
    expect(Math.max(...exact.map((value, i) => Math.abs(value - halved[i]!)))).toBeLessThan(1e-3);
    expect(halved).not.toEqual(exact);
  });

  test("that are broken are refused by the engine's own words", async () => {
    const files = new Map(writeTfjs(program, { labels: [] }));
    files.delete("group1-shard1of1.bin");
    await expect(loadTfjs(files)).rejects.toThrow(EngineError);
    const session = await loadTfjs(writeTfjs(program, { labels: [] }));
    await expect(session.run(floats(input), [1, 1, 1, floats(input).length])).rejects.toThrow(
      /TensorFlow.js cannot run/,
    );
    await session.release();
  });
});
