import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mapConcurrent } from "../../src/core/async.ts";
import { TsugikiError } from "../../src/core/errors.ts";
import { derived } from "../../src/core/random.ts";
import { Hub } from "../../src/hub/hub-node.ts";
import { parseHandle } from "../../src/hub/parse.ts";
import { type HubRepo, type HubServer, mischiefs, startHub } from "./hub-server.ts";

const seed = 20261122;
const trials = 500;
/** Short, so that what hangs is given up at once. */
const patience = {
  tries: 6,
  waitSeconds: 0.001,
  longestWaitSeconds: 0.5,
  stallSeconds: 0.1,
  slowestBytesPerSecond: 2000,
};

let server: HubServer;
beforeAll(async () => {
  server = await startHub();
});
afterAll(() => server.close());

function remote(text: string) {
  const handle = parseHandle(text);
  if (handle.kind === "file") throw new Error(`${text} is a path`);
  return handle;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function repoOf(trial: number): HubRepo {
  const draw = derived(seed, trial, 1);
  const bytes = (most: number): Uint8Array =>
    Uint8Array.from({ length: 1 + draw.int(most) }, () => draw.int(256));
  const files = new Map([
    ["onnx/model.onnx", bytes(60_000)],
    ["onnx/model.onnx_data", bytes(90_000)],
    ["preprocessor_config.json", bytes(400)],
    ["README.md", bytes(100)],
  ]);
  return { name: `org/net-${trial}`, commit: sha256(files.get("onnx/model.onnx")!).slice(0, 40), files };
}

/** Every file of every record holds the bytes that it says, and what has a blob's name has its hash. */
async function checkSound(folder: string, hub: Hub, repo: HubRepo): Promise<void> {
  for (const model of await hub.store.list()) {
    expect(await hub.store.damaged(model)).toEqual([]);
    for (const { path } of model.record.files) {
      const truth = [...repo.files].find(([name]) => name.endsWith(path))![1];
      expect(sha256(await readFile(join(model.folder, path)))).toBe(sha256(truth));
    }
  }
  for (const name of await readdir(join(folder, "blobs")).catch(() => [])) {
    expect(sha256(await readFile(join(folder, "blobs", name)))).toBe(name);
  }
  expect(await readdir(join(folder, "locks")).catch(() => [])).toEqual([]);
}

/** What the server does to a trial's requests; they come one after another, so the same seed meets the same. */
const mischief = new Map<string, () => ReturnType<HubServer["mischief"]>>();

interface Outcome {
  readonly pulled: boolean;
  readonly met: readonly string[];
}

async function attempt(trial: number): Promise<Outcome> {
  const repo = repoOf(trial);
  const handle = remote(`hf:${repo.name}`);
  server.repos.set(repo.name, repo);
  const draw = derived(seed, trial, 2);
  const often = draw.next();
  const met: string[] = [];
  mischief.set(repo.name, () => {
    if (draw.next() > often) return undefined;
    const kind = mischiefs[draw.int(mischiefs.length)]!;
    met.push(kind);
    return [kind, draw.next()];
  });
  const folder = await mkdtemp(join(tmpdir(), "tsugiki-hub-"));
  const hub = new Hub({ folder, endpoint: server.origin, patience });
  try {
    const pulled = await hub.pull(handle).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof TsugikiError)) throw error;
        expect(error.parts.why, error.message).toBeTruthy();
        expect(error.parts.next, error.message).toBeTruthy();
        return false;
      },
    );
    await checkSound(folder, hub, repo);
    mischief.delete(repo.name);
    // The server behaves now; that the machine may be slow is no fault of its.
    const patient = new Hub({ folder, endpoint: server.origin, patience: { ...patience, stallSeconds: 20 } });
    const { record } = await patient.pull(handle);
    expect(record.files).toHaveLength(3);
    await checkSound(folder, hub, repo);
    return { pulled, met };
  } catch (error) {
    throw new Error(`trial ${trial} of seed ${seed}`, { cause: error });
  } finally {
    server.repos.delete(repo.name);
    await rm(folder, { recursive: true, force: true });
  }
}

test(`${trials} pulls from a server that misbehaves: no wrong byte is kept, every failure is explained (seed ${seed})`, async () => {
  server.mischief = (path) => mischief.get(/org\/net-\d+/.exec(decodeURIComponent(path))?.[0] ?? "")?.();
  const all = Array.from({ length: trials }, (_, trial) => trial);
  const outcomes: Outcome[] = [];
  // Most of a trial is waiting.
  for await (const outcome of mapConcurrent(all, 8, attempt)) outcomes.push(outcome);
  expect([...new Set(outcomes.flatMap(({ met }) => met))].sort()).toEqual([...mischiefs].sort());
  // Both ways are really taken.
  const pulled = outcomes.filter((outcome) => outcome.pulled).length;
  expect(pulled).toBeGreaterThan(trials / 10);
  expect(trials - pulled).toBeGreaterThan(trials / 10);
}, 600_000);
