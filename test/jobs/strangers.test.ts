import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { Classifier, finish, train } from "../../src/index.ts";

const assets = resolve(import.meta.dirname, "../../../shared/assets");
const flowers = join(assets, "data/flowers/train");
const hands = join(assets, "data/rock-paper-scissors/training");
const base = join(assets, "models/mobilenet_v2_1.0_224_features.onnx");

/** Links to the first pictures of a class: a small part of large data. */
function link(from: string, to: string, count: number): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).sort().slice(0, count)) symlinkSync(join(from, name), join(to, name));
}

test.skipIf(![flowers, hands, base].every((path) => existsSync(path)))(
  "flowers on MobileNet v2 turn hands away, and the file grows by little",
  { timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsugiki-strangers-"));
    try {
      const data = join(folder, "flowers");
      for (const name of readdirSync(flowers)) link(join(flowers, name), join(data, name), 30);
      link(join(hands, readdirSync(hands).sort()[0]!), join(data, "other"), 30);
      const { unknown, out } = await finish(
        train({
          data,
          base,
          size: 96,
          preprocess: "imagenet",
          val: 0.25,
          test: 0.1,
          outliers: "other",
          falseRejections: 0.1,
          out: join(folder, "run"),
          cache: join(folder, "cache"),
        }),
      );
      expect(unknown.outliers).toMatchObject({ n: 30 });
      // A hundred pictures to learn from: of all 1,250, with 250 for the threshold, 0.97 are turned away.
      expect(unknown.outliers!.rate).toBeGreaterThan(unknown.test!.rate + 0.3);
      expect(statSync(join(out, "model.onnx")).size).toBeLessThan(1.15 * statSync(base).size);
      const classifier = await Classifier.load(out);
      const { unknown: own } = await classifier.predict(
        join(data, "other", readdirSync(join(data, "other"))[0]!),
      );
      expect(typeof own).toBe("boolean");
      await classifier.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
