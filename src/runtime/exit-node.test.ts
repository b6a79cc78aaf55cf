import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { float32 } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";

/** A network that keeps an engine busy for some milliseconds. */
function slow(): Uint8Array {
  const b = new GraphBuilder({ opset: 18 });
  let x = b.input("x", "float32", [1, 16, 96, 96]);
  const weight = b.constant(float32(new Float32Array(16 * 16 * 9), [16, 16, 3, 3]));
  for (let i = 0; i < 8; i++) x = b.op("Conv", [x, weight], { pads: [1, 1, 1, 1] });
  b.output(x, "float32", [1, 16, 96, 96]);
  return writeModel(b.model());
}

/** Loads a pool and keeps it busy; ends the process after so many milliseconds. */
function endedAfter(milliseconds: number, how: string): Promise<{ code: number | null; stderr: string }> {
  const at = (path: string): string => JSON.stringify(pathToFileURL(path).href);
  const source = `
    const { nodeRuntime } = await import(${at("src/runtime/node.ts")});
    const { float32 } = await import(${at("src/core/tensor.ts")});
    const model = Buffer.from("${Buffer.from(slow()).toString("base64")}", "base64");
    setTimeout(() => { ${how} }, ${milliseconds});
    const session = await nodeRuntime().load(model, { runs: "many" });
    const x = float32(new Float32Array(16 * 96 * 96), [1, 16, 96, 96]);
    const lane = async () => { for (;;) await session.run({ x }); };
    for (let i = 0; i < 8; i++) lane();`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source]);
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
}

test("a process may exit while engines load and while they run", async () => {
  for (let milliseconds = 0; milliseconds <= 300; milliseconds += 20) {
    const ended = await endedAfter(milliseconds, "process.exit(3)");
    expect(ended, `after ${milliseconds} ms`).toEqual({ code: 3, stderr: "" });
  }
});

test("an error that nobody caught is what is told, not the engine's abort", async () => {
  const { code, stderr } = await endedAfter(250, 'throw new Error("nobody caught this")');
  expect(code).toBe(1);
  expect(stderr).toContain("nobody caught this");
});
