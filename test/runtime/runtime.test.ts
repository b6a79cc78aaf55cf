import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { float32, floats, int64, type Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { EngineError } from "../../src/runtime/errors.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { LoadOptions } from "../../src/runtime/session.ts";
import { gemmClassifier, picture } from "../surgery/networks.ts";
import { difference } from "../surgery/run.ts";

const model = writeModel(gemmClassifier(["N", 3, "H", "W"]));
const runtime = nodeRuntime();
const kinds: readonly Required<LoadOptions>[] = [{ runs: "one" }, { runs: "many" }];

test("the pool answers what a single session does, each run its own picture", async () => {
  const [one, many] = [await runtime.load(model), await runtime.load(model, { runs: "many" })];
  expect([many.inputs, many.outputs]).toEqual([one.inputs, one.outputs]);
  const pictures = Array.from({ length: 40 }, (_, i) => picture(16 + 4 * (i % 5), 1, i));
  const pooled = await Promise.all(pictures.map((input) => many.run({ input })));
  for (const [i, input] of pictures.entries()) {
    const { output } = await one.run({ input });
    expect(difference(pooled[i]!.output!, output!), `seed ${i}`).toBeLessThan(1e-6);
  }
  await Promise.all([one.release(), many.release()]);
});

test.each(kinds)(
  "all that can be wrong with a run is an EngineError in words, runs: $runs",
  async (options) => {
    const session = await runtime.load(model, options);
    const refused = async (run: () => Promise<unknown>, words: string | RegExp): Promise<void> => {
      const error = await run().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(EngineError);
      expect(String(error)).toMatch(words);
    };
    const input = picture(8);
    await refused(() => session.run({}), /input/);
    await refused(() => session.run({ inptu: input }), /input/);
    await refused(() => session.run({ input }, ["nothing"]), /nothing/);
    await refused(() => session.run({ input: int64([1, 2]) }), /input|type/i);
    await refused(() => session.run({ input: float32([1, 2]) }), /rank|dimension/i);
    const strings: Tensor = { dtype: "string", shape: [1], bytes: new Uint8Array(), strings: ["x"] };
    await refused(() => session.run({ input: strings }), "A string tensor cannot be handed to the engine");
    // And it goes on as if nothing had been.
    expect((await session.run({ input })).output?.shape).toEqual([1, 5]);
    await session.release();
    await refused(() => session.run({ input }), /released|session/i);
    await session.release();
  },
);

test.each([4, 100_000])("numbers below float32's full precision count as 0, of %i", async (count) => {
  const b = new GraphBuilder({ opset: 18 });
  b.input("x", "float32", ["N"]);
  b.output(b.op("Mul", ["x", b.constant(float32([0.5], []))], {}, { outputs: ["half"] }));
  const session = await runtime.load(writeModel(b.model()));
  // The smallest normal number halved, and a number that is subnormal before.
  const x = new Float32Array(count).fill(2 ** -126).fill(1e-40, count / 2);
  const { half } = await session.run({ x: float32(x, [count]) });
  expect(floats(half!).every((value) => value === 0)).toBe(true);
  await session.release();
});

test("of several outputs only those asked for come back", async () => {
  const b = new GraphBuilder({ opset: 18 });
  b.input("x", "float32", [2]);
  b.output(b.op("Neg", ["x"], {}, { outputs: ["minus"] }));
  b.output(b.op("Abs", ["x"], {}, { outputs: ["plain"] }));
  for (const options of kinds) {
    const session = await runtime.load(writeModel(b.model()), options);
    expect(Object.keys(await session.run({ x: float32([1, -2]) }))).toEqual(["minus", "plain"]);
    const { minus, ...others } = await session.run({ x: float32([1, -2]) }, ["minus"]);
    expect([[...floats(minus!)], others]).toEqual([[-1, 2], {}]);
    await session.release();
  }
});

test("a tensor that is a small, crooked part of a large buffer is read as it should be", async () => {
  const b = new GraphBuilder({ opset: 18 });
  b.input("x", "float32", [2]);
  b.output(b.op("Neg", ["x"], {}, { outputs: ["y"] }));
  const large = new Uint8Array(1 << 20);
  for (const offset of [0, 4096, 4097]) {
    large.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), offset);
    const x: Tensor = { dtype: "float32", shape: [2], bytes: large.subarray(offset, offset + 8) };
    for (const options of kinds) {
      const session = await runtime.load(writeModel(b.model()), options);
      expect([...floats((await session.run({ x })).y!)], `offset ${offset}`).toEqual([-1.5, 2]);
      await session.release();
    }
  }
});

test.each(kinds)("what is no model is refused, runs: $runs", async (options) => {
  for (const bytes of [new Uint8Array(), new TextEncoder().encode("not a model"), model.subarray(0, 200)]) {
    await expect(runtime.load(bytes, options)).rejects.toThrow(
      /^The engine refused the model\. onnxruntime-node/,
    );
  }
});

test("release waits for the runs under way", async () => {
  const session = await runtime.load(model, { runs: "many" });
  const runs = Array.from({ length: 12 }, (_, seed) => session.run({ input: picture(64, 1, seed) }));
  await session.release();
  expect((await Promise.all(runs)).every(({ output }) => output?.shape[1] === 5)).toBe(true);
});

test("optimise folds BatchNorm and constants and leaves no file behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-test-"));
  vi.stubEnv("TMPDIR", folder);
  const b = new GraphBuilder({ opset: 18 });
  b.input("x", "float32", [1, 1, 2, 2]);
  const conv = b.op("Conv", ["x", b.constant(float32([2], [1, 1, 1, 1]))]);
  const [scale, shift, mean, variance] = [3, 1, 4, 0.25].map((value) => b.constant(float32([value])));
  b.output(b.op("BatchNormalization", [conv, scale!, shift!, mean!, variance!], {}, { outputs: ["y"] }));
  const bytes = await runtime.optimise(writeModel(b.model()));
  await expect(runtime.optimise(new Uint8Array(3))).rejects.toThrow(EngineError);
  vi.unstubAllEnvs();
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
  const text = new TextDecoder("latin1").decode(bytes);
  expect([text.includes("BatchNormalization"), text.includes("Conv")]).toEqual([false, true]);
});

/** Runs a script in a process of its own; fails unless it ends by itself within some seconds. */
function endsByItself(script: string): Promise<string> {
  const at = (path: string): string => pathToFileURL(path).href;
  const source = `
    const { nodeRuntime } = await import("${at("src/runtime/node.ts")}");
    const model = Buffer.from("${Buffer.from(model).toString("base64")}", "base64");
    process.on("unhandledRejection", (error) => console.log("UNHANDLED", error));
    const runtime = nodeRuntime();
    ${script}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source]);
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (out += chunk));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`still running after 30 s: ${out}`));
    }, 30_000);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve(out.trim());
    });
  });
}

test("the process ends after a bad model, after a failed run, and after release", async () => {
  const script = `
    await runtime.load(new Uint8Array(9), { runs: "many" }).catch((error) => console.log(error.parts.what));
    const session = await runtime.load(model, { runs: "many" });
    await session.run({}).catch((error) => console.log(error.parts.what));
    await session.release();
    console.log("done");`;
  expect(await endsByItself(script)).toBe(
    "The engine refused the model.\nThe engine failed while running a graph.\ndone",
  );
});
