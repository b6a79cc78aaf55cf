import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import {
  finish,
  NoBaseError,
  type RankEvent,
  type Ranking,
  type RankOptions,
  rankBases,
  UsageError,
} from "../../src/index.ts";
import { balancedSample } from "../../src/jobs/rank-bases/sample.ts";
import { classifierOutput, distributions } from "../../src/jobs/rank-bases/source.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { saveModel } from "../../src/onnx/load-node.ts";
import { gemmClassifier, squeezeNet } from "../surgery/networks.ts";

let folder: string;
let data: string;
let noisy: string;
let grey: string;
let coloured: string;
let broken: string;

/** Two hues and two brightnesses. Red and green of a row have the same mean over the channels. */
const colours = {
  "dark green": [60, 200, 60],
  "dark red": [200, 60, 60],
  "light green": [140, 220, 140],
  "light red": [220, 140, 140],
} as const;

/** Pictures of 32 x 32 in their class's mean colour, under blocks of light and shade that tell nothing but each other apart. */
async function drawColours(pictures: number): Promise<void> {
  const rng = random(3);
  for (const [label, colour] of Object.entries(colours)) {
    mkdirSync(join(data, label), { recursive: true });
    for (let i = 0; i < pictures; i++) {
      const blocks = Array.from({ length: 64 }, () => 30 * (2 * rng.next() - 1));
      const mean = blocks.reduce((sum, one) => sum + one, 0) / 64;
      const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => {
        const [y, x] = [Math.floor(at / 96), Math.floor(at / 3) % 32];
        return Math.min(255, Math.round(colour[at % 3]! + blocks[8 * (y >> 2) + (x >> 2)]! - mean));
      });
      const raw = { width: 32, height: 32, channels: 3 } as const;
      await sharp(pixels, { raw })
        .png()
        .toFile(join(data, label, `${i}.png`));
    }
  }
}

/** Mean colour through a 1 x 1 convolution; with a classifier that names the strongest channel where it is asked for. */
function meanNetwork(
  weights: readonly (readonly [number, number, number])[],
  withClassifier: boolean,
): Model {
  const b = new GraphBuilder({ opset: 18 });
  b.input("input", "float32", ["N", 3, 32, 32]);
  const width = weights.length;
  const kernel = b.constant(float32(Float32Array.from(weights.flat()), [width, 3, 1, 1]), "kernel");
  const pooled = b.op("GlobalAveragePool", [b.op("Conv", ["input", kernel], { kernel_shape: [1, 1] })]);
  b.op("Flatten", [pooled], { axis: 1 }, { outputs: ["features"] });
  b.output("features");
  if (withClassifier) {
    const sharpened = Float32Array.from({ length: width * width }, (_, i) =>
      i % (width + 1) === 0 ? 200 : 0,
    );
    b.op(
      "MatMul",
      ["features", b.constant(float32(sharpened, [width, width]), "classes")],
      {},
      { outputs: ["logits"] },
    );
    b.output("logits");
  }
  return b.model();
}

/**
 * Takes a picture of 32 x 32 for a number that no two have alike and answers sines of it, thousands of turns apart: to the
 * eye of any head that is noise, which says nothing of the class.
 */
function noiseNetwork(): Model {
  const b = new GraphBuilder({ opset: 18 });
  b.input("input", "float32", ["N", 3, 32, 32]);
  const rng = random(5);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => 4000 * rng.normal());
  const kernel = b.constant(float32(draw(8 * 3 * 32 * 32), [8, 3, 32, 32]), "kernel");
  const mixed = b.op("Conv", ["input", kernel], { kernel_shape: [32, 32] });
  b.op("Flatten", [b.op("Sin", [mixed])], { axis: 1 }, { outputs: ["features"] });
  b.output("features");
  return b.model();
}

const ranked = (options: Partial<RankOptions> = {}, onEvent?: (event: RankEvent) => void): Promise<Ranking> =>
  finish(rankBases({ data, bases: [{}], cache: join(folder, "cache"), ...options }), onEvent);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-rank-"));
  data = join(folder, "colours");
  await drawColours(16);
  [noisy, grey, coloured, broken] = ["noise", "grey", "coloured", "broken"].map((name) =>
    join(folder, `${name}.onnx`),
  ) as [string, string, string, string];
  await saveModel(noisy, noiseNetwork());
  await saveModel(
    grey,
    meanNetwork(
      [
        [1, 1, 1],
        [-1, -1, -1],
      ],
      false,
    ),
  );
  await saveModel(
    coloured,
    meanNetwork(
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      true,
    ),
  );
  writeFileSync(broken, "no model");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("three bases of which the truth is known, and one that is none", () => {
  let ranking: Ranking;
  const events: RankEvent[] = [];
  beforeAll(async () => {
    const bases = [noisy, broken, grey, coloured].map((base) => ({ base, preprocess: "unit" }) as const);
    ranking = await ranked({ bases }, (event) => events.push(event));
  });

  test("colours tell all classes, greys two pairs of them, noise none", () => {
    const [first, second, noise] = ranking.bases;
    expect(ranking.bases.map(({ base }) => base)).toEqual([coloured, grey, noisy]);
    expect(first!.probe.accuracy).toBe(1);
    // Two pairs: 0.5, and noise 0.25. Of 64 pictures chance makes that 0.38 to 0.62 and 0.14 to 0.36 in 95 of 100 cases.
    expect(Math.abs(second!.probe.accuracy - 0.5)).toBeLessThan(0.13);
    expect(noise!.probe.accuracy).toBeLessThan(0.37);
    for (const measure of ["logMe", "hScore"] as const) {
      const values = ranking.bases.map((each) => each[measure]);
      expect(noise![measure], measure).toBe(Math.min(...values));
      expect(first![measure], measure).toBe(Math.max(...values));
      expect(ranking.agreement[measure]).toBe(1);
    }
    expect(first!.behind).toBeNull();
    expect(noise!.behind!.difference).toBeCloseTo(noise!.probe.accuracy - 1, 12);
    expect(noise!.behind!.interval[1]).toBeLessThan(0);
  });

  test("one that cannot be opened is told of, and the others go on", () => {
    expect(ranking.failed).toEqual([
      { base: broken, reason: expect.stringContaining("cannot be read as ONNX") },
    ]);
    expect(events.filter(({ type }) => type === "base-failed")).toEqual([
      { type: "base-failed", ...ranking.failed[0] },
    ]);
  });

  test("NCE and LEEP are of bases with a classifier of their own, and of no others", () => {
    const [first, ...others] = ranking.bases;
    expect(others.map(({ source }) => source)).toEqual([null, null]);
    // Its classifier tells red from green and not dark from light: ln 2 is left to know.
    expect(first!.source).toMatchObject({ output: "logits", classes: 3 });
    expect(first!.source!.nce).toBeCloseTo(-Math.LN2, 12);
    expect(first!.source!.leep).toBeCloseTo(-Math.LN2, 3);
    expect(ranking.agreement).toMatchObject({ nce: null, leep: null });
  });

  test("each row says what the base costs, and events lead up to it", () => {
    for (const base of ranking.bases) {
      expect(base).toMatchObject({ pictures: 64, width: expect.any(Number), cut: expect.any(String) });
      expect(base.bytes).toBeGreaterThan(100);
      expect(base.milliseconds).toBeGreaterThan(0);
    }
    expect(ranking.bases.map(({ width }) => width)).toEqual([3, 2, 8]);
    expect(ranking.bases[0]!.licence).toBeNull();
    expect(ranking).toMatchObject({ pictures: 64, folds: 5, seed: 1 });
    const types = [...new Set(events.map(({ type }) => type))];
    expect(types).toEqual(["ranking", "features", "measuring", "base-failed"]);
    const last = events.filter((event) => event.type === "measuring").at(-1);
    expect(last).toMatchObject({ base: { name: "coloured.onnx", place: 4, of: 4 }, done: 4, total: 4 });
  });

  test("the same again gives the same figures, from the cache", async () => {
    const cached: number[] = [];
    const again = await ranked({ bases: [{ base: coloured, preprocess: "unit" }] }, (event) => {
      if (event.type === "features") cached.push(event.cached);
    });
    const { milliseconds: _, ...own } = again.bases[0]!;
    expect(ranking.bases[0]).toMatchObject(own);
    expect(cached.at(-1)).toBe(64);
  });
});

test("where no base is left it says so; of one alone its own error is told", async () => {
  await expect(ranked({ bases: [{ base: broken }, { base: join(folder, "gone.onnx") }] })).rejects.toThrow(
    NoBaseError,
  );
  await expect(ranked({ bases: [{ base: broken }] })).rejects.toThrow("cannot be read as ONNX");
  await expect(ranked({ bases: [] })).rejects.toThrow(UsageError);
  await expect(ranked({ sample: 19 })).rejects.toThrow("4 classes need 5 each");
});

test("a sample is balanced, of training pictures alone, and the seed's", () => {
  const content = { kind: "file", read: async () => new Uint8Array() } as const;
  const samples = Array.from({ length: 100 }, (_, i) => ({
    id: String(i),
    label: i < 6 ? "few" : i < 50 ? "some" : "many",
    part: i % 5 === 0 ? ("test" as const) : ("train" as const),
    content,
  }));
  const some = balancedSample({ samples }, 30, 1);
  const counts = (label: string): number => some.filter((each) => each.label === label).length;
  // "few" has four training pictures; the other two share the 26 that are left.
  expect([counts("few"), counts("some"), counts("many")]).toEqual([4, 13, 13]);
  expect(some.every(({ part }) => part === "train")).toBe(true);
  const ids = (seed: number): string =>
    balancedSample({ samples }, 30, seed)
      .map(({ id }) => id)
      .join();
  expect(ids(1)).toBe(ids(1));
  expect(ids(2)).not.toBe(ids(1));
  expect(balancedSample({ samples }, 80, 1)).toHaveLength(80);
});

test("answers become distributions: logits by softmax, probabilities as they are", () => {
  const logits = Float32Array.from([0, Math.log(3), -1, -1]);
  const shares = distributions({ features: logits, rows: 2, width: 2 });
  for (const [i, share] of [0.25, 0.75, 0.5, 0.5].entries()) expect(shares[i]).toBeCloseTo(share, 6);
  const ready = Float32Array.from([0.2, 0.8, 1, 0]);
  expect(distributions({ features: ready, rows: 2, width: 2 })).toEqual(ready);
});

test("a base's own classifier is found where it has one", () => {
  expect(classifierOutput(inferShapes(gemmClassifier()), 32)).toBe("output");
  expect(classifierOutput(squeezeNet(1000), 32)).toBe("out");
  expect(classifierOutput(noiseNetwork(), 32)).toBeUndefined();
});

const assets = resolve(import.meta.dirname, "../../../shared/assets");

/** Held to real pictures; without them there is nothing to measure. */
describe.skipIf(!existsSync(assets))("on 150 flowers", () => {
  const model = (name: string): string => join(assets, "models", name);
  const bases = [
    { base: model("squeezenet1.1.onnx"), preprocess: "imagenet" },
    { base: model("mobilenet_v1_1.0_224.onnx"), preprocess: "inception" },
    { base: model("mobilenet_v2_1.0_224_features.onnx"), preprocess: "imagenet" },
  ] as const;

  test("both MobileNets stand before SqueezeNet, and LogME and H-score order more pairs as the probe does than not", async () => {
    const cache = process.env.TSUGIKI_CACHE ?? join(folder, "cache");
    const ranking = await ranked({ data: join(assets, "data/flowers"), bases, sample: 150, cache });
    expect(ranking.bases.at(-1)!.name).toBe("squeezenet1.1.onnx");
    expect(ranking.pictures).toBe(150);
    for (const base of ranking.bases) expect(base.probe.accuracy, base.name).toBeGreaterThan(0.75);
    for (const measure of ["logMe", "hScore"] as const)
      expect(ranking.agreement[measure], measure).toBeGreaterThan(0);
  }, 120_000);
});
