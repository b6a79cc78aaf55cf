import sharp from "sharp";
import { expect, test } from "vitest";
import { finish } from "../../src/core/async.ts";
import { random } from "../../src/core/random.ts";
import { decode } from "../../src/data/decode-sharp.ts";
import { labellingOf } from "../../src/data/labelling.ts";
import { memoryRows, type RowStore } from "../../src/data/row-store.ts";
import type { Sample } from "../../src/data/sample.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { type Fit, type NormalisationName, normalisations } from "../../src/surgery/preprocess.ts";
import { type Backbone, prepareBackbone } from "../../src/train/backbone.ts";
import { FeatureExtractor, type FeaturesEvent, type SkippedEvent } from "../../src/train/extract.ts";
import { SideBySideExtractor } from "../../src/train/extract-all.ts";
import { gemmClassifier, squeezeNet } from "../surgery/networks.ts";

const seed = 29;
const runtime = nodeRuntime();

function prepare(name: string, way: NormalisationName, size: number, fit: Fit): Promise<Backbone> {
  const model = name === "pooled" ? gemmClassifier() : squeezeNet(1000);
  return prepareBackbone(model, { name, preprocess: normalisations[way], size, fit }, runtime);
}

const pooled = await prepare("pooled", "imagenet", 32, "squash");
const squeezed = await prepare("squeezed", "caffe", 24, "cover");

async function noise(id: string, width: number, height: number): Promise<Sample> {
  const rng = random(seed + width);
  const raw = { width, height, channels: 3 } as const;
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => rng.int(256));
  const bytes = new Uint8Array(await sharp(pixels, { raw }).png().toBuffer());
  return { id, label: id, content: { kind: "file", read: async () => bytes } };
}

const sides: [number, number][] = [
  [40, 30],
  [33, 64],
  [90, 45],
];
const samples = await Promise.all(sides.map(([width, height], i) => noise(`${i}.png`, width, height)));

/** A class a picture, so that labels tell which one a row is of. */
const classes = ["0.png", "1.png", "2.png"];

/** Stores that outlive the extractors, by key. */
function shelf() {
  const stores = new Map<string, RowStore>();
  const openStore = (key: string): RowStore => {
    const store = stores.get(key) ?? memoryRows();
    stores.set(key, store);
    return { ...store, close: () => {} };
  };
  return { stores, openStore };
}

/** What the bases say of the pictures, and what was told meanwhile. */
async function extract(
  backbones: readonly Backbone[],
  of: readonly Sample[],
  { openStore, strict = false }: { openStore: (key: string) => RowStore; strict?: boolean },
) {
  const events: (FeaturesEvent | SkippedEvent)[] = [];
  const all = await SideBySideExtractor.open(backbones, { runtime, decode, openStore, strict });
  try {
    const found = await finish(all.extract(of), (event) => events.push(event));
    const set = all.gather(found.pictures, labellingOf({ classes, multiLabel: false }));
    return { ...found, set, events };
  } finally {
    await all.close();
  }
}

test("features of two bases are those of each alone, side by side", async () => {
  const { openStore } = shelf();
  const single = async (backbone: Backbone) => {
    const extractor = await FeatureExtractor.open({ backbone, runtime, decode, openStore: memoryRows });
    const { pictures } = await finish(extractor.extract(samples));
    const { features, width } = extractor.gather(pictures, labellingOf({ classes, multiLabel: false }));
    await extractor.close();
    return pictures.map((_, row) => [...features.subarray(row * width, (row + 1) * width)]);
  };
  const [left, right] = [await single(pooled), await single(squeezed)];
  const { set } = await extract([pooled, squeezed], samples, { openStore });
  expect({ rows: set.rows, width: set.width, labels: [...set.labels] }).toEqual({
    rows: 3,
    width: 24,
    labels: [0, 1, 2],
  });
  const rows = left.map((row, i) => [...row, ...right[i]!]);
  expect([...set.features], `seed ${seed}`).toEqual(rows.flat());
});

test("another base beside one computes only its own features", async () => {
  const { stores, openStore } = shelf();
  expect((await extract([pooled], samples, { openStore })).cached.size).toBe(0);
  const both = await extract([pooled, squeezed], samples, { openStore });
  const cached = both.events
    .filter((event) => event.type === "features" && event.done === event.total)
    .map((event) => event.type === "features" && [event.base?.name, event.cached]);
  expect(cached).toEqual([
    ["pooled", 3],
    ["squeezed", 0],
  ]);
  expect(both.cached.size).toBe(0);
  // One of features each, and what the files are, which both share.
  expect(stores.size).toBe(3);
  const again = await extract([squeezed, pooled], samples, { openStore });
  expect([again.cached.size, stores.size]).toEqual([3, 3]);
});

test("events say whose features they are where there are several, and nothing more where there is one", async () => {
  const one = await extract([pooled], samples, shelf());
  expect(one.events.at(-1)).toEqual({ type: "features", done: 3, total: 3, cached: 0 });
  const two = await extract([pooled, squeezed], samples, shelf());
  expect(two.events).toHaveLength(6);
  const base = { name: "squeezed", place: 2, of: 2 };
  expect(two.events.at(-1)).toEqual({ type: "features", done: 3, total: 3, cached: 0, base });
});

test("a picture that one base cannot take is skipped once and by all, and stops a strict run", async () => {
  const page = { kind: "file", read: async () => new TextEncoder().encode("<html>") } as const;
  const all = [
    samples[0]!,
    await noise("strip.png", 700, 8),
    { id: "page.jpg", label: "a", content: page },
    samples[1]!,
  ];
  // The first stretches, so that it takes the strip; the second would cut it.
  const { pictures, skipped, set, events } = await extract([pooled, squeezed], all, shelf());
  expect(pictures.map(({ sample }) => sample.id)).toEqual(["0.png", "1.png"]);
  expect(skipped.map(({ file }) => file)).toEqual(["page.jpg", "strip.png"]);
  expect(events.filter(({ type }) => type === "skipped")).toHaveLength(2);
  expect([set.rows, ...set.labels]).toEqual([2, 0, 1]);
  await expect(extract([pooled, squeezed], all.slice(0, 2), { ...shelf(), strict: true })).rejects.toThrow(
    /strip\.png: 700 x 8 is a strip/,
  );
});
