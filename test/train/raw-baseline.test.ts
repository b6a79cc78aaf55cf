import { expect, test } from "vitest";
import { finish } from "../../src/core/async.ts";
import { random } from "../../src/core/random.ts";
import { decode } from "../../src/data/decode-sharp.ts";
import { labellingOf } from "../../src/data/labelling.ts";
import { memoryRows } from "../../src/data/row-store.ts";
import type { Part } from "../../src/data/sample.ts";
import { settingsOf } from "../../src/jobs/train-settings.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Picture } from "../../src/train/extract.ts";
import { loadPicture } from "../../src/train/picture.ts";
import { type BaselineEvent, rawBaseline } from "../../src/train/raw-baseline.ts";

/** Noise of 20 x 20 pixels, reddish for one class and bluish for the other; or without any difference. */
async function noise(count: number, seed: number, tinted: boolean): Promise<Picture[]> {
  const rng = random(seed);
  const drawn = Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? "red" : "blue";
    const strong = label === "red" ? 0 : 2;
    const bytes = Uint8Array.from({ length: 3 * 20 * 20 }, (_, at) =>
      rng.int(tinted && at % 3 === strong ? 256 : 128),
    );
    const content = { kind: "pixels", width: 20, height: 20, read: async () => bytes } as const;
    return { id: `${i}`, label, content };
  });
  return Promise.all(
    drawn.map(async (sample) => {
      const { hash } = await loadPicture(sample.id, sample.content);
      return { sample, hash, fingerprint: new Uint8Array(0) };
    }),
  );
}

async function optionsFor(tinted: boolean, store = memoryRows()) {
  const of: Record<Part, Picture[]> = {
    train: await noise(80, 1, tinted),
    val: await noise(40, 2, tinted),
    test: await noise(40, 3, tinted),
  };
  const labelling = labellingOf({ classes: ["red", "blue"], multiLabel: false });
  const common = { of, labelling, runtime: nodeRuntime(), decode, dataFingerprint: `${tinted}` };
  return { ...common, openStore: () => ({ ...store, close: () => {} }) };
}

test("classes that differ in colour are told apart without a base", async () => {
  const baseline = await finish(rawBaseline(await optionsFor(true), settingsOf({})));
  expect(baseline).toEqual({ val: 1, test: 1 });
});

test("classes that do not differ are guessed at", async () => {
  const { test: share } = await finish(rawBaseline(await optionsFor(false), settingsOf({})));
  expect(share, "seeds 1 to 3").toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.8);
});

test("it is worked out once for the same data and settings", async () => {
  const store = memoryRows();
  const events: BaselineEvent[] = [];
  const first = await finish(rawBaseline(await optionsFor(true, store), settingsOf({})), (event) => {
    events.push(event);
  });
  expect(events.at(-1)).toEqual({ type: "baseline", done: 160, total: 160 });
  const again = await finish(rawBaseline(await optionsFor(true, store), settingsOf({})), () => {
    throw new Error("pictures were looked at again");
  });
  expect(again).toEqual(first);
});
