import sharp from "sharp";
import { expect, test } from "vitest";
import { finish } from "../../src/core/async.ts";
import { random } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { decode, decoderName } from "../../src/data/decode-sharp.ts";
import { ArchiveError, PictureError } from "../../src/data/errors.ts";
import type { RowStore } from "../../src/data/row-store.ts";
import type { Sample } from "../../src/data/sample.ts";
import { openBase } from "../../src/jobs/base-node.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Runtime } from "../../src/runtime/session.ts";
import { type ExtractOptions, FeatureExtractor, type OpenStore } from "../../src/train/extract.ts";
import {
  decodePicture,
  fingerprintPicture,
  loadPicture,
  plainSight,
  sightOf,
} from "../../src/train/picture.ts";

const { backbone } = await openBase({}, nodeRuntime());

/** Noise in grains of two pixels: a decode that stops earlier sees other greys, so that fingerprints tell. */
async function photograph(seed: number, width: number, height: number, format: "jpeg" | "png" = "jpeg") {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const grains = random(seed);
  const noise = Uint8Array.from({ length: columns * rows * 3 }, () => grains.int(256));
  const small = sharp(noise, { raw: { width: columns, height: rows, channels: 3 } });
  const large = small.resize(width, height, { fit: "fill", kernel: "nearest" });
  return new Uint8Array(await large.toFormat(format).toBuffer());
}

function sample(id: string, bytes: Uint8Array): Sample {
  return { id, label: "a", content: { kind: "file", read: async () => bytes } };
}

/** An engine that answers zeros and counts its open sessions. */
function counting(): { runtime: Runtime; open: () => number; loaded: () => number } {
  let [open, loaded] = [0, 0];
  const runtime: Runtime = {
    name: "zeros 1",
    concurrency: 2,
    async load() {
      open++;
      loaded++;
      return {
        inputs: ["pixels"],
        outputs: [backbone.output],
        run: async () => ({
          [backbone.output]: float32(new Float32Array(backbone.width), [1, backbone.width]),
        }),
        release: async () => {
          open--;
        },
      };
    },
    optimise: async (model) => model,
  };
  return { runtime, open: () => open, loaded: () => loaded };
}

function memory(trouble: Partial<RowStore> = {}): RowStore {
  const rows = new Map<string, Uint8Array>();
  return {
    has: (hash) => rows.has(hash),
    get: (hash) => rows.get(hash),
    put: (hash, row) => void rows.set(hash, row),
    flush: () => {},
    close: () => {},
    ...trouble,
  };
}

async function pictures(count: number): Promise<Sample[]> {
  const some = Array.from({ length: count }, async (_, i) => sample(`${i}.jpg`, await photograph(i, 60, 50)));
  return Promise.all(some);
}

test("a store that cannot write still lets the engine go", async () => {
  const { runtime, open, loaded } = counting();
  const full = (): never => {
    throw new Error("ENOSPC: no space left on device");
  };
  const openStore = () => memory({ flush: full, close: full });
  const extractor = await FeatureExtractor.open({ backbone, runtime, decode, openStore });
  await expect(finish(extractor.extract(await pictures(3)))).rejects.toThrow(/ENOSPC/);
  expect([loaded(), open()]).toEqual([1, 0]);
  // The caller closes in its own finally; that must not load, nor leave, another.
  await expect(extractor.close()).rejects.toThrow(/ENOSPC/);
  expect([loaded(), open()]).toEqual([1, 0]);

  const other = await FeatureExtractor.open({
    backbone,
    runtime,
    decode,
    openStore: () => memory({ close: full }),
  });
  const stream = other.extract(await pictures(3));
  await stream.next();
  expect(open()).toBe(1);
  await expect(other.close()).rejects.toThrow(/ENOSPC/);
  expect(open()).toBe(0);
});

test("breaking out of the stream lets the engine go and keeps what was computed", async () => {
  const { runtime, open } = counting();
  let flushed = 0;
  const openStore: OpenStore = (_key, _rowBytes, kind) =>
    memory(kind === undefined ? { flush: () => void flushed++ } : {});
  const extractor = await FeatureExtractor.open({ backbone, runtime, decode, openStore });
  for await (const event of extractor.extract(await pictures(6))) {
    expect(event.type).toBe("features");
    expect(open()).toBe(1);
    break;
  }
  expect([open(), flushed]).toEqual([0, 1]);
});

test("a file whose state is known is not read again; one that changed, or has no state, is", async () => {
  const { runtime } = counting();
  const stores = new Map<string, RowStore>();
  const openStore: OpenStore = (key) => {
    const store = stores.get(key) ?? memory();
    stores.set(key, store);
    return store;
  };
  const reads: string[] = [];
  const once = async (bytes: Uint8Array, known: string | undefined) => {
    const state = known?.padStart(64, "0");
    const read = async () => {
      reads.push(String(known));
      return bytes;
    };
    const extractor = await FeatureExtractor.open({ backbone, runtime, decode, openStore });
    const found = await finish(
      extractor.extract([{ id: "a.jpg", label: "a", content: { kind: "file", state, read } }]),
    );
    await extractor.close();
    return [found.pictures[0]!.hash, found.cached.size];
  };
  const [first, second] = [await photograph(1, 60, 50), await photograph(2, 60, 50)];
  const [hash, other] = [(await once(first, "1"))[0], (await once(second, "2"))[0]];
  expect(hash).not.toBe(other);
  expect(reads).toEqual(["1", "2"]);
  expect(await once(first, "1")).toEqual([hash, 1]);
  expect(await once(second, "2")).toEqual([other, 1]);
  expect(reads).toEqual(["1", "2"]);
  // The same bytes elsewhere are read, and found by what they are.
  expect(await once(first, "3")).toEqual([hash, 1]);
  expect(await once(first, undefined)).toEqual([hash, 1]);
  expect(reads).toEqual(["1", "2", "3", "undefined"]);
});

test("features are kept apart by decoder, and found again by the same one", async () => {
  const keyOf = async (options: Partial<ExtractOptions>): Promise<string> => {
    let key = "";
    const openStore = (wanted: string) => {
      key = wanted;
      return memory();
    };
    await FeatureExtractor.open({ backbone, runtime: counting().runtime, decode, openStore, ...options });
    return key;
  };
  expect(decoderName).toMatch(/^sharp \d+\.\d+\.\d+, libvips \d+\.\d+\.\d+$/);
  const names = [undefined, decoderName, `${decoderName}0`, decoderName];
  const keys = names.map((name) => keyOf({ decoderName: name }));
  const [none, one, newer, again] = await Promise.all(keys);
  expect(again).toBe(one);
  expect(new Set([none, one, newer]).size).toBe(3);
});

test("one bad entry of an archive is passed over; a broken archive stops the run", async () => {
  const good = await pictures(1);
  const failing = (evidence: { path: string; entry?: string }): Sample => {
    const read = async (): Promise<Uint8Array> => {
      throw new ArchiveError({ what: "Cannot read it." }, evidence);
    };
    return { id: "bad.jpg", label: "a", content: { kind: "file", read } };
  };
  const extract = async (bad: Sample) => {
    const { runtime } = counting();
    const extractor = await FeatureExtractor.open({ backbone, runtime, decode, openStore: () => memory() });
    return finish(extractor.extract([...good, bad]));
  };
  const { skipped } = await extract(failing({ path: "a.zip", entry: "bad.jpg" }));
  expect(skipped).toEqual([{ file: "bad.jpg", reason: "Cannot read it." }]);
  await expect(extract(failing({ path: "a.zip" }))).rejects.toThrow(ArchiveError);
});

test.each([
  [500, 400],
  [1400, 1100],
  [3000, 2700],
])("the fingerprint of a %d x %d JPEG is the same for every size of network", async (width, height) => {
  const picture = await loadPicture("p", sample("p", await photograph(1, width, height)).content);
  const seen = async (sight: typeof plainSight): Promise<string> => {
    const pixels = await decodePicture(picture, sight, decode);
    return Buffer.from(await fingerprintPicture(picture, pixels, sight, decode)).toString("hex");
  };
  const plain = await seen(plainSight);
  for (const size of [16, 32, 64, 96, 128, 224, 384, 512]) {
    expect(await seen(sightOf({ size, fit: "cover" })), `size ${size}`).toBe(plain);
  }
});

test("nothing is decoded twice where the network sees what the fingerprint does", async () => {
  let decoded = 0;
  const counted: typeof decode = (...args) => {
    decoded++;
    return decode(...args);
  };
  const once = async (bytes: Uint8Array, size: number): Promise<number> => {
    decoded = 0;
    const picture = await loadPicture("p", sample("p", bytes).content);
    const sight = sightOf({ size, fit: "cover" });
    await fingerprintPicture(picture, await decodePicture(picture, sight, counted), sight, counted);
    return decoded;
  };
  expect(await once(await photograph(1, 3000, 2700), 224)).toBe(1);
  expect(await once(await photograph(1, 1400, 1100), 128)).toBe(1);
  expect(await once(await photograph(1, 3000, 2700, "png"), 64)).toBe(1);
  expect(await once(await photograph(1, 3000, 2700), 128)).toBe(2);
});

test("strips are refused under cover, before a JPEG of them is decoded, and taken under squash", async () => {
  const never: typeof decode = () => {
    throw new Error("decoded");
  };
  const strip = async (format: "jpeg" | "png") =>
    loadPicture("strip", sample("strip", await photograph(1, 3, 600, format)).content);
  const cover = sightOf({ size: 64, fit: "cover" });
  await expect(decodePicture(await strip("jpeg"), cover, never)).rejects.toThrow(/3 x 600 is a strip/);
  await expect(decodePicture(await strip("png"), cover, decode)).rejects.toThrow(PictureError);
  const squash = sightOf({ size: 64, fit: "squash" });
  expect(await decodePicture(await strip("png"), squash, decode)).toMatchObject({ width: 3, height: 600 });
});
