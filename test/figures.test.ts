import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finish, type TrainOptions, type TrainResult, train } from "../src/index.ts";

const assets = resolve(import.meta.dirname, "../../shared/assets");
const models = join(assets, "models");
const mobilenetV2 = {
  base: join(models, "mobilenet_v2_1.0_224_features.onnx"),
  preprocess: "imagenet",
} as const;

/** What Tsugiki promises on real pictures and networks of others; without them there is nothing to measure. */
describe.skipIf(!existsSync(assets))("figures", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tsugiki-figures-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (data: string, options: Omit<TrainOptions, "data">): Promise<TrainResult> =>
    finish(
      train({
        data: join(assets, "data", data),
        out: join(folder, data),
        cache: join(folder, "cache"),
        ...options,
      }),
    );

  test("flowers: 0.90, and onnxruntime alone answers the same for every one of the real photos", async () => {
    const { headline, val, classes, out } = await run("flowers", mobilenetV2);
    expect(headline).toBe("val");
    expect(val?.n).toBe(250);
    expect(val?.accuracy).toBeGreaterThanOrEqual(0.9);

    const rows: Record<string, string>[] = parse(readFileSync(join(out, "predictions.csv")), {
      columns: true,
    });
    const session = await InferenceSession.create(join(out, "model.onnx"));
    for (const row of rows) {
      const picture = sharp(join(assets, "data/flowers", row.file!))
        .rotate()
        .removeAlpha()
        .raw();
      const { data, info } = await picture.toBuffer({ resolveWithObject: true });
      const pixels = new Tensor("uint8", new Uint8Array(data), [1, info.height, info.width, 3]);
      const probabilities = Array.from((await session.run({ pixels })).probabilities!.data as Float32Array);
      expect(classes[probabilities.indexOf(Math.max(...probabilities))], row.file).toBe(row.predicted);
      expect(Math.abs(Math.max(...probabilities) - Number(row.probability)), row.file).toBeLessThan(1e-5);
    }
    await session.release();
  });

  test("pizza-steak-sushi: 0.96", async () => {
    const { headline, test: measured } = await run("pizza-steak-sushi", mobilenetV2);
    expect(headline).toBe("test");
    expect(measured?.n).toBe(75);
    expect(measured?.accuracy).toBeGreaterThanOrEqual(0.96);
  });

  test("CIFAR-10 stretched to 128, MobileNet v1: 0.84", async () => {
    const base = join(models, "mobilenet_v1_1.0_224.onnx");
    const options = { base, preprocess: "inception", size: 128 } as const;
    const { test: measured } = await run("cifar-10-batches-bin", options);
    expect(measured?.n).toBe(2000);
    expect(measured?.accuracy).toBeGreaterThanOrEqual(0.84);
  });
});
