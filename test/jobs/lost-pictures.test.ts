import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { finish, type RunEvent, type TrainOptions, train } from "../../src/index.ts";

const seed = 5;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-lost-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Trains the base a little; once that is over, before it is measured, files are lost. */
async function losing(name: string, lose: (data: string) => void, own: Partial<TrainOptions> = {}) {
  const data = join(folder, name);
  await drawPatterns(data, 12, seed);
  const out = join(folder, `${name}-run`);
  const events: RunEvent[] = [];
  const common = { strategy: "full", size: 40, epochs: 1, batchSize: 16, augment: "none" } as const;
  const stream = train({ data, out, cache: join(folder, "cache"), ...common, ...own });
  const training = finish(stream, (event) => {
    events.push(event);
    if (event.type === "chosen") lose(data);
  });
  return { training, events, out, data };
}

test("pictures that are gone, or others, after training are reported, and the rest is measured", async () => {
  const { training, events, out } = await losing("gone", (data) => {
    rmSync(join(data, "dots"), { recursive: true });
    for (let i = 1; i <= 12; i++) {
      const path = join(data, "stripes", `${i}.jpg`);
      if (existsSync(path)) writeFileSync(path, readFileSync(join(data, "checks", "1.jpg")));
    }
  });
  const result = await training;
  const reasons = result.skipped.map(({ file, reason }) => `${file}: ${reason}`);
  expect(reasons.some((each) => each.startsWith("dots"))).toBe(true);
  expect(reasons.some((each) => /^stripes.*another picture than when training began/.test(each))).toBe(true);
  expect(events.filter(({ type }) => type === "skipped")).toHaveLength(reasons.length);
  const held = result.pictures.val + result.pictures.test;
  expect((result.val?.n ?? 0) + (result.test?.n ?? 0)).toBe(held - reasons.length);
  const n = result.test?.n ?? 0;
  expect(readFileSync(join(out, "predictions.csv"), "utf8").trim().split("\n")).toHaveLength(n + 1);
  // The head that was solved first had a lambda; the one that was trained has none.
  expect(result.regularisation).toBeNull();
});

test("under strict it stops, and the training that is done is kept: --resume measures at once", async () => {
  const { training, data } = await losing("strict", (at) => rmSync(join(at, "dots"), { recursive: true }), {
    strict: true,
  });
  await expect(training).rejects.toThrow(/dots/);
  const again = join(folder, "strict-run");
  expect(existsSync(join(again, ".checkpoint.safetensors"))).toBe(true);
  // Another version of Tsugiki, or of its decoding, would go on otherwise: that is another training.
  const kept = readFileSync(join(again, ".checkpoint.safetensors"), "latin1");
  expect(kept).toMatch(/\\"pictures\\":\d+,/);
  expect(kept).toMatch(/\\"tsugiki\\":\\"\d+\.\d+\.\d+/);
  await drawPatterns(data, 12, seed);
  const events: RunEvent[] = [];
  const common = { strategy: "full", size: 40, epochs: 1, batchSize: 16, augment: "none" } as const;
  const resumed = train({
    data,
    out: again,
    cache: join(folder, "cache"),
    ...common,
    strict: true,
    resume: true,
  });
  await finish(resumed, (event) => events.push(event));
  expect(events).toContainEqual({ type: "resume", from: "checkpoint", epochs: 1, step: 0 });
  expect(events.some(({ type }) => type === "step")).toBe(false);
  expect(existsSync(join(again, ".checkpoint.safetensors"))).toBe(false);
});
