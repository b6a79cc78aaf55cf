import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { finish } from "../../src/core/async.ts";
import { openDataset } from "../../src/data/open.ts";
import type { Dataset } from "../../src/data/sample.ts";
import { openBase } from "../../src/jobs/base-node.ts";
import { makeHeatMaps } from "../../src/jobs/report/heat-maps-sharp.ts";
import { readRun } from "../../src/jobs/report/run-node.ts";
import { train } from "../../src/jobs/train.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Runtime } from "../../src/runtime/session.ts";
import type { OpenStore } from "../../src/train/extract.ts";
import { drawShapes } from "./shapes.ts";

const folder = mkdtempSync(join(tmpdir(), "tsugiki-kept-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The engine, and how often it was asked to load or to fold a graph. */
function counted(): { readonly runtime: Runtime; asked(): number } {
  const engine = nodeRuntime();
  let asked = 0;
  const runtime: Runtime = {
    name: engine.name,
    concurrency: engine.concurrency,
    load: (...args) => {
      asked++;
      return engine.load(...args);
    },
    optimise: (...args) => {
      asked++;
      return engine.optimise(...args);
    },
  };
  return { runtime, asked: () => asked };
}

test("a base that was made ready is read as it was, asked for in another way made anew", async () => {
  const keepIn = join(folder, "bases");
  const fresh = await openBase({ size: 64 }, nodeRuntime());
  const { runtime, asked } = counted();
  const open = (size: number) => openBase({ size }, runtime, { keepIn });
  const first = await open(64);
  const before = asked();
  expect(before).toBeGreaterThan(0);
  const second = await open(64);
  expect(asked()).toBe(before);
  for (const base of [first, second]) {
    const { model, bytes, ...facts } = base.backbone;
    const { model: model2, bytes: bytes2, ...facts2 } = fresh.backbone;
    expect(facts).toEqual(facts2);
    expect(Buffer.from(bytes).equals(bytes2)).toBe(true);
    expect(Buffer.from(writeModel(model)).equals(writeModel(model2))).toBe(true);
  }
  expect((await open(96)).backbone.preprocess.size).toBe(96);
  expect(asked()).toBeGreaterThan(before);
});

test("a kept base that was damaged is made anew; a folder that cannot be written keeps nothing", async () => {
  const keepIn = join(folder, "damaged");
  await openBase({ size: 64 }, nodeRuntime(), { keepIn });
  const file = readdirSync(keepIn).find((name) => name.endsWith(".onnx"))!;
  truncateSync(join(keepIn, file), 1000);
  const { runtime, asked } = counted();
  const { backbone } = await openBase({ size: 64 }, runtime, { keepIn });
  expect([asked() > 0, backbone.preprocess.size]).toEqual([true, 64]);
  const mended = asked();
  await openBase({ size: 64 }, runtime, { keepIn });
  expect(asked()).toBe(mended);

  const closed = join(folder, "closed");
  writeFileSync(closed, "a file");
  expect((await openBase({ size: 64 }, runtime, { keepIn: closed })).backbone.width).toBe(backbone.width);
});

/** Stores in memory, one a key, and the keys that were asked for. */
function stores(): { readonly open: OpenStore; readonly rows: Map<string, Map<string, Uint8Array>> } {
  const rows = new Map<string, Map<string, Uint8Array>>();
  const open: OpenStore = (key) => {
    const own = rows.get(key) ?? new Map<string, Uint8Array>();
    rows.set(key, own);
    return {
      has: (hash) => own.has(hash),
      get: (hash) => own.get(hash),
      put: (hash, row) => void own.set(hash, row),
      flush: () => {},
      close: () => {},
    };
  };
  return { open, rows };
}

let data: string;
let dataset: Dataset;
beforeAll(async () => {
  data = await drawShapes(join(folder, "shapes"), 60, 3);
  dataset = await openDataset(data);
});
afterAll(() => dataset.close());

test("heat maps of a model are drawn once, those of another model anew", async () => {
  const mapsOf = async (seed: number, open: OpenStore) => {
    const out = join(folder, `run-${seed}`);
    await finish(train({ data, out, size: 64, seed, report: false, cache: join(folder, "cache") }));
    const { measured, record, folder: run } = await readRun(out);
    const answers = measured!.answers.slice(0, 3);
    return makeHeatMaps(dataset, { run, answers, hashes: record.hashes, openStore: open });
  };
  const { open, rows } = stores();
  const drawn = await mapsOf(0, open);
  expect(drawn).toHaveLength(3);
  const [[, own]] = [...rows] as [[string, Map<string, Uint8Array>]];
  expect(own.size).toBe(3);
  // What is kept is what is shown: another picture put in its place comes back.
  for (const row of own.values()) row.set([3, 0, 1, 2, 3]);
  const kept = await mapsOf(0, open);
  expect(kept.map(({ picture }) => picture)).toEqual(Array(3).fill("data:image/webp;base64,AQID"));
  expect(kept.map(({ file }) => file)).toEqual(drawn.map(({ file }) => file));

  // One that is missing is drawn, and no other.
  own.delete([...own.keys()][0]!);
  const mended = await mapsOf(0, open);
  expect(mended.map(({ picture }) => picture.length > 200).filter(Boolean)).toHaveLength(1);
  expect(own.size).toBe(3);

  const other = await mapsOf(1, open);
  expect(rows.size).toBe(2);
  expect(other.every(({ picture }) => picture.length > 200)).toBe(true);
});
