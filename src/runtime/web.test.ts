import * as ort from "onnxruntime-web";
import { expect, test } from "vitest";
import { float16, float32, floats, int64, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { EngineError } from "./errors.ts";
import { webRuntime } from "./web.ts";

/** The engine itself, which runs in Node too; test/browser/ has it in a browser. */
const runtime = webRuntime(ort);

/** `x` of this type to `y`, the same. */
function identity(dtype: Tensor["dtype"], length: number): Uint8Array {
  const b = new GraphBuilder({ opset: 18 });
  b.input("x", dtype, [length]);
  b.output(b.op("Identity", ["x"], {}, { outputs: ["y"] }), dtype, [length]);
  return writeModel(b.model());
}

test("it says which engine it is", () => {
  expect(runtime.name).toMatch(/^onnxruntime-web 1\.\d+\.\d+$/);
});

test.each<Tensor>([
  float32([1.5, -2]),
  // 1 and -2 in half precision.
  float16(Uint16Array.of(0x3c00, 0xc000), [2]),
  int64([2n ** 53n + 1n, -1n]),
  { dtype: "bool", shape: [2], bytes: Uint8Array.of(1, 0) },
])("a $dtype tensor comes back as it went", async (x) => {
  const session = await runtime.load(identity(x.dtype, 2));
  const { y } = await session.run({ x });
  expect(y).toEqual(x);
  await session.release();
});

test("a tensor that is a small, crooked part of a large buffer is read as it should be", async () => {
  const session = await runtime.load(identity("float32", 2));
  const large = new Uint8Array(1 << 16);
  for (const offset of [0, 4096, 4097]) {
    large.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), offset);
    const x: Tensor = { dtype: "float32", shape: [2], bytes: large.subarray(offset, offset + 8) };
    const { y } = await session.run({ x });
    expect(y && [...floats(y)], `offset ${offset}`).toEqual([1.5, -2]);
  }
  await session.release();
});

test("of several outputs only those asked for come back", async () => {
  const b = new GraphBuilder({ opset: 18 });
  b.input("x", "float32", [2]);
  b.output(b.op("Neg", ["x"], {}, { outputs: ["minus"] }));
  b.output(b.op("Abs", ["x"], {}, { outputs: ["plain"] }));
  const session = await runtime.load(writeModel(b.model()));
  expect([session.inputs, session.outputs]).toEqual([["x"], ["minus", "plain"]]);
  const x = float32([1, -2]);
  expect(await session.run({ x })).toEqual({ minus: float32([-1, 2]), plain: float32([1, 2]) });
  expect(await session.run({ x }, ["minus"])).toEqual({ minus: float32([-1, 2]) });
  await session.release();
});

test("all that can be wrong with a run is an EngineError in words", async () => {
  const session = await runtime.load(identity("float32", 2));
  const refused = async (run: () => Promise<unknown>, words: RegExp): Promise<void> => {
    const error = await run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toMatch(words);
  };
  const x = float32([1, 2]);
  await refused(() => session.run({}), /'x' is missing/);
  await refused(() => session.run({ x }, ["nothing"]), /nothing/);
  await refused(() => session.run({ x: int64([1, 2]) }), /type/i);
  await refused(() => session.run({ x: float32([1, 2, 3]) }), /dimension/i);
  const strings: Tensor = { dtype: "string", shape: [1], bytes: new Uint8Array(), strings: ["x"] };
  await refused(() => session.run({ x: strings }), /A string tensor cannot be handed to the engine/);
  // And it goes on as if nothing had been.
  expect((await session.run({ x })).y).toEqual(x);
  await session.release();
  await refused(() => session.run({ x }), /onnxruntime-web 1\.\S+ says: .*session/);
  await session.release();
});

test("what is no model is refused", async () => {
  for (const bytes of [new Uint8Array(), new TextEncoder().encode("no model")]) {
    await expect(runtime.load(bytes)).rejects.toThrow(/^The engine refused the model\. onnxruntime-web/);
  }
});

test("optimise says that a browser cannot, and who can", async () => {
  const refusal = runtime.optimise(identity("float32", 2));
  await expect(refusal).rejects.toBeInstanceOf(EngineError);
  await expect(refusal).rejects.toThrow(/a browser has none.*nodeRuntime\(\)/);
});

test("run after run, the page has its turn, and what is asked for at once is answered in order", async () => {
  const session = await runtime.load(identity("float32", 1));
  let isTurn = false;
  setTimeout(() => {
    isTurn = true;
  });
  // Without a turn given this would go on to its end: awaiting an answer lets no timer in.
  for (let i = 0; i < 100_000 && !isTurn; i++) await session.run({ x: float32([i]) });
  expect(isTurn).toBe(true);
  const order: number[] = [];
  const answers = [1, 2, 3].map(async (value) => {
    await session.run({ x: float32([value]) });
    order.push(value);
  });
  await Promise.all(answers);
  expect(order).toEqual([1, 2, 3]);
  await session.release();
});
