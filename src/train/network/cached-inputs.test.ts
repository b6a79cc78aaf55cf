import { expect, test } from "vitest";
import { drawBatch, drawFeeds } from "../../augment/batch.ts";
import { augmentGraph, augmentInputs } from "../../augment/graph.ts";
import { type AugmentationSpec, sourceSide } from "../../augment/spec.ts";
import { finish } from "../../core/async.ts";
import { floats, sizeOf, uint8 } from "../../core/tensor.ts";
import { labellingOf } from "../../data/labelling.ts";
import { memoryRows, type RowStore } from "../../data/row-store.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { preprocessedOutput } from "../../surgery/preprocess.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import { openCachedInputs } from "./cached-inputs.ts";
import type { ViewsEvent } from "./events.ts";
import { type InputParts, placeOf } from "./inputs.ts";
import { noisePicture, noting } from "./testing/pictures.ts";
import { tinyBackbone } from "./testing/tiny-network.ts";

const size = 6;
const flipped: AugmentationSpec = { flip: true, rotate: 30, brightness: 0.4 };
const train = await Promise.all([1, 2, 3, 4, 5].map((seed) => noisePicture(seed, { side: size })));
const val = await Promise.all([6, 7].map((seed) => noisePicture(seed, { side: size })));
const backbone = { ...tinyBackbone(1) };
const preprocess = { ...backbone.preprocess, size };

/** A frozen part that hands the picture on: what is kept is then what the network sees. */
function passing() {
  const b = new GraphBuilder({ opset: targetOpset, name: "passing" });
  b.op("Identity", [b.input("x", "float32", ["N", 3, size, size])], {}, { outputs: ["kept"] });
  b.output("kept", "float32", ["N", 3, size, size]);
  return b.model();
}

/** Stores by their keys, which outlive their closing. */
function shelf() {
  const stores = new Map<string, RowStore>();
  const kinds = new Set<string | undefined>();
  const openStore: InputParts["openStore"] = (key, _, kind) => {
    kinds.add(kind);
    const store = stores.get(key) ?? memoryRows();
    stores.set(key, store);
    return { ...store, close: () => {} };
  };
  return { kinds, openStore };
}

async function open(
  openStore: InputParts["openStore"],
  { views = 3, ...rest }: Partial<InputParts> & { readonly views?: number } = {},
) {
  const { decode, decoded } = noting();
  const events: ViewsEvent[] = [];
  const parts: InputParts = {
    backbone: { ...backbone, preprocess },
    runtime: nodeRuntime(),
    decode,
    openStore,
    train,
    val,
    labelling: labellingOf({ classes: ["even", "odd"], multiLabel: false }),
    augmentation: flipped,
    seed: 7,
    ...rest,
  };
  const part = { frozen: passing(), input: "kept", shape: [3, size, size], views };
  const inputs = await finish(openCachedInputs(parts, part), (event) => events.push(event));
  return { inputs, events, decoded };
}

/** All training pictures as an epoch draws them anew. */
async function drawnAnew(epoch: number): Promise<Float32Array> {
  const source = sourceSide(flipped, size);
  const graph = augmentGraph({ preprocess, source, mixing: false, opset: targetOpset });
  const session = await nodeRuntime().load(writeModel(graph));
  const draw = drawBatch(flipped, { seed: 7, epoch, indices: train.map(placeOf), size });
  const pixels = await Promise.all(train.map(({ sample }) => sample.content.read()));
  const feeds = {
    [augmentInputs.pixels]: uint8(Buffer.concat(pixels), [train.length, source, source, 3]),
    ...drawFeeds(draw, false),
  };
  const seen = floats((await session.run(feeds))[preprocessedOutput]!);
  await session.release();
  return seen;
}

test("epochs are shown the very views that drawing anew gives the first of them, again and again", async () => {
  const { inputs } = await open(shelf().openStore);
  const all = Int32Array.from(train.keys());
  for (let epoch = 1; epoch <= 7; epoch++) {
    const { input, targets } = await inputs.batch(all, epoch);
    const expected = await drawnAnew(((epoch - 1) % 3) + 1);
    const [kept, deviations] = [floats(input), [] as number[]];
    expect(kept).toHaveLength(sizeOf([train.length, 3, size, size]));
    for (const [i, value] of kept.entries()) deviations.push(Math.abs(value - (expected[i] ?? Number.NaN)));
    expect(Math.max(...deviations), `epoch ${epoch}`).toBeLessThan(1e-5);
    expect([...floats(targets)]).toEqual([0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
  }
  await inputs.close();
});

test("each picture is decoded once, however many views, and none that is known", async () => {
  const { openStore, kinds } = shelf();
  const first = await open(openStore);
  expect(first.decoded.toSorted()).toEqual([...train, ...val].map(({ sample }) => sample.id));
  expect(first.events.at(-1)).toEqual({ type: "views", done: 5 * 3 + 2, total: 5 * 3 + 2 });
  expect(kinds).toEqual(new Set(["views"]));
  const again = await open(openStore);
  expect(again.decoded).toEqual([]);
  expect(again.events.map(({ done }) => done)).toEqual([15, 17]);
  // A further view of each is all that is computed.
  const more = await open(openStore, { views: 4 });
  expect(more.decoded.toSorted()).toEqual(train.map(({ sample }) => sample.id));
});

test("room is asked for what is missing before anything is computed, and a refusal is the end", async () => {
  const { openStore } = shelf();
  const row = 4 * 3 * size * size;
  const refused = open(openStore, {
    ensureRoom: async (bytes) => {
      throw new Error(`no room for ${bytes}`);
    },
    decode: () => {
      throw new Error("a picture was decoded first");
    },
  });
  await expect(refused).rejects.toThrow(`no room for ${row * (5 * 3 + 2)}`);
  const asked: number[] = [];
  const ensureRoom = async (bytes: number) => void asked.push(bytes);
  await open(openStore, { ensureRoom });
  await open(openStore, { ensureRoom });
  await open(openStore, { ensureRoom, views: 4 });
  expect(asked).toEqual([row * (5 * 3 + 2), 0, row * 5]);
});

test("validation's plain views are the same for every seed and augmentation", async () => {
  const { openStore } = shelf();
  await open(openStore);
  const other = await open(openStore, { seed: 8, augmentation: { hue: 0.1 } });
  expect(other.decoded.toSorted()).toEqual(train.map(({ sample }) => sample.id));
  // Zoomed alike each time is not plain.
  const zoomed = await open(openStore, { views: 1, train: val, augmentation: { zoom: [1.5, 1.5] } });
  expect(zoomed.decoded.toSorted()).toEqual(val.map(({ sample }) => sample.id));
});

test("a picture that has changed stops it, and nothing is kept under its old hash", async () => {
  const { openStore } = shelf();
  const changed = await noisePicture(1, { side: size, read: () => train[1]!.sample.content.read() });
  await expect(open(openStore, { train: [changed], val: [] })).rejects.toThrow(/1\.raw is another picture/);
  const puts = await open(openStore, { train: [train[0]!], val: [] });
  expect(puts.decoded).toEqual(["1.raw"]);
});
