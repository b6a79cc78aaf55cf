import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { float32 } from "../core/tensor.ts";
import { GraphBuilder } from "./builder.ts";
import { ModelFileError, OnnxFormatError } from "./errors.ts";
import type { Model } from "./graph.ts";
import { loadModel, saveModel } from "./load-node.ts";
import { MessageWriter } from "./wire.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsugiki-load-"));
});
afterEach(() => rm(folder, { recursive: true }));

function model(): Model {
  const builder = new GraphBuilder({ opset: 18 });
  const weights = float32(Float32Array.from({ length: 5000 }, (_, i) => i));
  builder.output(
    builder.op("Add", [builder.input("x", "float32", [5000]), builder.initializer("w", weights)]),
  );
  return builder.model();
}

/** A model with one float32[2] weight in another file. */
async function external(location: string, offset = "4", length = "8"): Promise<string> {
  const writer = new MessageWriter().int(1, 8n).message(7, (graph) =>
    graph.message(5, (tensor) => {
      tensor.int(1, 2n).int(2, 1n).string(8, "w").int(14, 1n);
      for (const [key, value] of Object.entries({ location, offset, length })) {
        tensor.message(13, (entry) => entry.string(1, key).string(2, value));
      }
    }),
  );
  const path = join(folder, "model", "model.onnx");
  await mkdir(join(folder, "model"));
  await writeFile(path, Buffer.concat(writer.finish()));
  return path;
}

test("a model saved is the model loaded, and no temporary file is left", async () => {
  const path = join(folder, "m.onnx");
  await saveModel(path, model());
  await saveModel(path, model());
  expect(await loadModel(path)).toEqual(model());
  expect(await readdir(folder)).toEqual(["m.onnx"]);
});

test("weights beside the model are read at their offset", async () => {
  const path = await external("weights.bin");
  await writeFile(join(folder, "model", "weights.bin"), Uint8Array.of(9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  const { graph } = await loadModel(path);
  expect([...(graph.initializers.get("w")?.bytes ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("weights cut short are refused", async () => {
  const path = await external("weights.bin");
  await writeFile(join(folder, "model", "weights.bin"), new Uint8Array(11));
  await expect(loadModel(path)).rejects.toThrow(/wants bytes 4 to 12 of '.*weights.bin', which has 11/);
});

test.each(["../secret", "a/../../secret", "..\\secret", "/etc/hostname", "link", "linked/secret"])(
  "weights at '%s', outside the model's folder, are refused",
  async (location) => {
    const path = await external(location);
    await writeFile(join(folder, "secret"), new Uint8Array(64));
    await symlink(join(folder, "secret"), join(folder, "model", "link"));
    await symlink(folder, join(folder, "model", "linked"));
    await expect(loadModel(path)).rejects.toThrow(/outside the model's folder/);
  },
);

test.each([
  ["a length that is not the tensor's", "4", "12"],
  ["a negative offset", "-4", "8"],
  ["an offset that is no number", "x", "8"],
])("%s is refused", async (_, offset, length) => {
  await expect(loadModel(await external("weights.bin", offset, length))).rejects.toBeInstanceOf(
    OnnxFormatError,
  );
});

test("a missing file and a missing folder are told", async () => {
  await expect(loadModel(join(folder, "none.onnx"))).rejects.toBeInstanceOf(ModelFileError);
  await expect(loadModel(await external("none.bin"))).rejects.toBeInstanceOf(ModelFileError);
  await expect(saveModel(join(folder, "none", "m.onnx"), model())).rejects.toBeInstanceOf(ModelFileError);
});

test("a failed save leaves nothing behind", async () => {
  await mkdir(join(folder, "taken.onnx"));
  await expect(saveModel(join(folder, "taken.onnx"), model())).rejects.toBeInstanceOf(ModelFileError);
  expect(await readdir(folder)).toEqual(["taken.onnx"]);
});
