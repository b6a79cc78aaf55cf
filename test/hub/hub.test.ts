import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { catalogue } from "../../src/hub/catalogue/index.ts";
import { download } from "../../src/hub/download-node.ts";
import {
  DownloadError,
  IntegrityError,
  LicenceError,
  NoModelError,
  OfflineError,
} from "../../src/hub/errors.ts";
import type { Remote } from "../../src/hub/handle.ts";
import { Hub, type HubOptions } from "../../src/hub/hub-node.ts";
import { parseHandle } from "../../src/hub/parse.ts";
import { type HubServer, startHub } from "./hub-server.ts";

const patience = {
  tries: 3,
  waitSeconds: 0.005,
  longestWaitSeconds: 1,
  stallSeconds: 5,
  slowestBytesPerSecond: 1,
};
const commit = "a".repeat(40);

let server: HubServer;
let folder: string;
beforeEach(async () => {
  server = await startHub();
  folder = await mkdtemp(join(tmpdir(), "tsugiki-hub-"));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const remote = (text: string): Remote => parseHandle(text) as Remote;
const open = (more: Partial<HubOptions> = {}): Hub =>
  new Hub({ folder, endpoint: server.origin, patience, ...more });
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const filled = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 97 + (i >> 8)) % 251);

function publish(
  name: string,
  files: Record<string, Uint8Array>,
  more: { card?: object; commit?: string; status?: number } = {},
): void {
  const { card = {}, status } = more;
  server.repos.set(name, {
    name,
    commit: more.commit ?? commit,
    files: new Map(Object.entries(files)),
    card: card as Record<string, unknown>,
    ...(status !== undefined && { status }),
  });
}

test("a repository's model comes with its weights and preprocessing, pinned to the commit, and is not asked for again", async () => {
  const files = {
    "onnx/model.onnx": filled(5000, 1),
    "onnx/model.onnx_data": filled(9000, 2),
    "preprocessor_config.json": filled(50, 3),
  };
  publish("org/net", { ...files, "onnx/model_fp16.onnx": filled(10, 4) }, { card: { license: "mit" } });
  const { record, file } = await open().pull(remote("hf:org/net"));
  expect(record).toMatchObject({
    handle: "hf:org/net",
    id: `hf:org/net@${commit}:onnx/model.onnx`,
    licence: { id: "mit", commercial: true },
  });
  for (const [path, bytes] of Object.entries(files)) {
    const name = path.split("/").at(-1)!;
    expect(sha256(await readFile(join(dirname(file), name)))).toBe(sha256(bytes));
  }
  const { requests } = server.seen;
  await open().pull(remote("hf:org/net"));
  await open({ offline: true }).pull(remote("hf:org/net"));
  expect(server.seen.requests).toBe(requests);
});

test("offline, what was never pulled is an error that says how to get it, and no socket is touched", async () => {
  publish("org/net", { "model.onnx": filled(10, 1) });
  await expect(open({ offline: true }).pull(remote("hf:org/net"))).rejects.toThrow(OfflineError);
  await expect(open({ offline: true }).pull(remote(`${server.origin}/x.onnx`))).rejects.toThrow(
    /models pull/,
  );
  expect(server.seen.requests).toBe(0);
});

test("what a gated, hidden or unknown repository means is said, with what to do", async () => {
  publish("org/gated", {}, { status: 403 });
  publish("org/asks", {}, { status: 401 });
  publish("org/torch", { "model.safetensors": filled(10, 1) });
  publish("org/many", { "a.onnx": filled(10, 1), "b.onnx": filled(10, 2) });
  await expect(open().pull(remote("hf:org/gated"))).rejects.toThrow(/HF_TOKEN/);
  await expect(open().pull(remote("hf:org/asks"))).rejects.toThrow(/terms/);
  await expect(open().pull(remote("hf:org/none"))).rejects.toThrow(NoModelError);
  await expect(open().pull(remote("hf:org/torch"))).rejects.toThrow(/no ONNX file/);
  await expect(open().pull(remote("hf:org/many"))).rejects.toThrow(/hf:org\/many:a\.onnx/);
  await expect(open().pull(remote("hf:org/many:c.onnx"))).rejects.toThrow(/a\.onnx, b\.onnx/);
});

test("a file that changes under the same commit is an error with both hashes, until the old one is forgotten", async () => {
  const [before, after] = [filled(3000, 1), filled(3000, 2)];
  publish("org/net", { "model.onnx": before });
  const hub = open();
  const { record } = await hub.pull(remote("hf:org/net"));
  publish("org/net", { "model.onnx": after });
  const failure = await hub.pull(remote("hf:org/net"), { update: true }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(IntegrityError);
  expect((failure as IntegrityError).message).toContain(sha256(before));
  expect((failure as IntegrityError).message).toContain(sha256(after));
  expect((await hub.pull(remote("hf:org/net"))).record).toEqual(record);
  await hub.store.remove((await hub.store.find("hf:org/net"))!);
  expect((await hub.pull(remote("hf:org/net"))).record.files[0]!.sha256).toBe(sha256(after));
});

test("an address whose hash nobody states is pinned as it first comes, and comes back the same after making room", async () => {
  publish("org/one", { "model.onnx": filled(4000, 1) });
  publish("org/two", { "model.onnx": filled(4000, 2) });
  const url = `${server.origin}/cdn/org%2Fone/model.onnx`;
  const hub = open({ limit: 5000 });
  await hub.pull(remote(url));
  const { evicted } = await hub.pull(remote("hf:org/two"));
  expect(evicted.map(({ handle }) => handle)).toEqual([url]);
  expect((await hub.store.find(url))!.whole).toBe(false);
  publish("org/one", { "model.onnx": filled(4000, 3) });
  await expect(hub.pull(remote(url))).rejects.toThrow(/has changed since it was first pulled/);
  publish("org/one", { "model.onnx": filled(4000, 1) });
  expect((await hub.pull(remote(url))).record.files[0]!.sha256).toBe(sha256(filled(4000, 1)));
});

test("update follows a branch to its new commit", async () => {
  publish("org/net", { "model.onnx": filled(100, 1) });
  const hub = open();
  await hub.pull(remote("hf:org/net"));
  publish("org/net", { "model.onnx": filled(100, 2) }, { commit: "b".repeat(40) });
  expect((await hub.pull(remote("hf:org/net"))).record.id).toContain(commit);
  expect((await hub.pull(remote("hf:org/net"), { update: true })).record.id).toContain("b".repeat(40));
});

test("a licence that forbids commercial use is asked about before anything is taken, and once", async () => {
  publish("org/net", { "model.onnx": filled(100, 1) }, { card: { license: "cc-by-nc-4.0" } });
  await expect(open().pull(remote("hf:org/net"))).rejects.toThrow(LicenceError);
  expect(server.seen.bytes).toBe(0);
  await open().pull(remote("hf:org/net"), { acceptLicence: true });
  await open().pull(remote("hf:org/net"));
});

test("what Hugging Face's own tools have downloaded is taken from their cache", async () => {
  const model = filled(20_000, 1);
  publish("org/net", { "model.onnx": model });
  const cache = join(folder, "huggingface");
  await mkdir(join(cache, "models--org--net/blobs"), { recursive: true });
  await writeFile(join(cache, "models--org--net/blobs", sha256(model)), model);
  const { record } = await open({ huggingFaceCache: async () => cache }).pull(remote("hf:org/net"));
  expect(record.files[0]!.sha256).toBe(sha256(model));
  expect(server.seen.bytes).toBe(0);
  // A wrong file of the right name is not.
  await rm(folder, { recursive: true });
  await mkdir(join(cache, "models--org--net/blobs"), { recursive: true });
  await writeFile(join(cache, "models--org--net/blobs", sha256(model)), filled(20_000, 2));
  await open({ huggingFaceCache: async () => cache }).pull(remote("hf:org/net"));
  expect(server.seen.bytes).toBe(20_000);
});

test("rot is found, and mended by pulling again; a record that was tampered with is none", async () => {
  publish("org/net", { "model.onnx": filled(5000, 1) });
  const hub = open();
  const { file } = await hub.pull(remote("hf:org/net"));
  await writeFile(file, filled(5000, 9));
  const stored = (await hub.store.find("hf:org/net"))!;
  expect((await hub.store.damaged(stored)).map(({ path }) => path)).toEqual(["model.onnx"]);
  await hub.pull(remote("hf:org/net"), { update: true });
  expect(sha256(await readFile(file))).toBe(sha256(filled(5000, 1)));
  const record = join(dirname(file), "tsugiki-model.json");
  await writeFile(record, (await readFile(record, "utf8")).replaceAll('"model.onnx"', '"../../../secret"'));
  expect(await hub.store.find("hf:org/net")).toBeUndefined();
  expect(await hub.store.list()).toEqual([]);
});

test("removing takes what belongs to no other model, and nothing that it did not write", async () => {
  const shared = filled(3000, 1);
  publish("org/one", { "model.onnx": shared });
  publish("org/two", { "model.onnx": shared });
  const hub = open();
  await hub.pull(remote("hf:org/one"));
  await hub.pull(remote("hf:org/two"));
  await writeFile(join(folder, "blobs/notes.txt"), "mine");
  await writeFile(join(folder, "parts/thesis.doc"), "mine");
  expect(await hub.store.remove((await hub.store.find("hf:org/one"))!)).toBe(0);
  await hub.pull(remote("hf:org/two"));
  expect(await hub.store.remove((await hub.store.find("hf:org/two"))!)).toBe(3000);
  expect(await readdir(join(folder, "blobs"))).toEqual(["notes.txt"]);
  expect(await readdir(join(folder, "parts"))).toEqual(["thesis.doc"]);
});

test("secrets go to the hub alone, and nothing is asked of addresses that are not https", async () => {
  publish("org/net", { "model.onnx": filled(100, 1) });
  const hub = open({ token: "hf_secret" });
  await hub.pull(remote("hf:org/net"));
  expect([...server.seen.authorised].sort()).toEqual([
    `/api/models/org/net/revision/HEAD`,
    `/api/models/org/net/tree/${commit}`,
    `/org/net/resolve/${commit}/model.onnx`,
  ]);
  server.mischief = (path) => (path.startsWith("/org/net/resolve") ? ["away", 0] : undefined);
  await hub.store.remove((await hub.store.find("hf:org/net"))!);
  const failure = await hub.pull(remote("hf:org/net")).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DownloadError);
  expect((failure as DownloadError).message).toMatch(/not https/);
});

const child = fileURLToPath(new URL("pull-child.ts", import.meta.url));

function pulling(handle: string): { readonly process: ChildProcess; readonly ended: Promise<string> } {
  const process_ = spawn(process.execPath, ["--import", "tsx", child, folder, server.origin, handle], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<string>((resolve) => {
    let text = "";
    process_.stdout!.on("data", (piece: Buffer) => {
      text += piece;
    });
    process_.on("close", () => resolve(text.trim()));
  });
  return { process: process_, ended };
}

test("ten processes that pull the same model at once download it once", async () => {
  const model = filled(300_000, 1);
  publish("org/net", { "model.onnx": model });
  const hashes = await Promise.all(Array.from({ length: 10 }, () => pulling("hf:org/net").ended));
  expect(hashes).toEqual(Array.from({ length: 10 }, () => sha256(model)));
  expect(server.seen.bytes).toBe(model.length);
}, 120_000);

test("killed in the middle of a pull, the next one transfers the rest alone", async () => {
  const model = filled(2_000_000, 1);
  publish("org/net", { "model.onnx": model });
  server.mischief = (path) => (path.startsWith("/cdn/") ? ["drip", 0.8] : undefined);
  const first = pulling("hf:org/net");
  const parts = join(folder, "parts");
  const size = async (): Promise<number> => {
    const names = (await readdir(parts).catch(() => [])).filter((name) => name.endsWith(".part"));
    return names.length === 0 ? 0 : (await stat(join(parts, names[0]!))).size;
  };
  while ((await size()) < 500_000) await new Promise((done) => setTimeout(done, 20));
  first.process.kill("SIGKILL");
  await first.ended;
  const had = await size();
  server.mischief = () => undefined;
  server.seen.bytes = 0;
  expect(await pulling("hf:org/net").ended).toBe(sha256(model));
  expect(server.seen.bytes).toBe(model.length - had);
}, 60_000);

test("the cache can be carried to another machine", async () => {
  publish("org/net", { "model.onnx": filled(3000, 1) });
  await open().pull(remote("hf:org/net"));
  const copy = await mkdtemp(join(tmpdir(), "tsugiki-hub-"));
  try {
    await cp(folder, copy, { recursive: true });
    const { file } = await new Hub({ folder: copy, offline: true }).pull(remote("hf:org/net"));
    expect(sha256(await readFile(file))).toBe(sha256(filled(3000, 1)));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

test("the model zoo's file is held to its manifest's hash, and its new place is said", async () => {
  const model = filled(4000, 1);
  const path = "validated/vision/classification/tiny/model/tiny-7.onnx";
  const manifest = [{ model_path: path, metadata: { model_sha: sha256(model), model_bytes: model.length } }];
  publish("onnx/manifest", { "manifest.json": new TextEncoder().encode(JSON.stringify(manifest)) });
  publish("onnxmodelzoo/legacy_models", { [path]: model });
  const zooManifest = `${server.origin}/onnx/manifest/resolve/main/manifest.json`;
  const { record } = await open({ zooManifest }).pull(
    remote(`https://github.com/onnx/models/blob/main/${path}`),
  );
  expect(record).toMatchObject({ handle: `zoo:${path}`, model: "tiny-7.onnx" });
  expect(record.note).toContain("hf:onnxmodelzoo/legacy_models");
  await expect(open({ zooManifest }).pull(remote("zoo:a/b.onnx"))).rejects.toThrow(/does not list/);
  publish("onnxmodelzoo/legacy_models", { "other/tiny-7.onnx": model, [path]: filled(4000, 2) });
  await open({ zooManifest }).store.remove((await open().store.find(`zoo:${path}`))!);
  await expect(open({ zooManifest }).pull(remote(`zoo:${path}`))).rejects.toThrow(IntegrityError);
});

test("a row of the catalogue is held to the catalogue's hash, whoever gives it; a near name is proposed", async () => {
  const row = catalogue.find(({ handle, mirrors = [] }) => handle.startsWith("hf:") && mirrors.length === 0)!;
  const [, repo, revision, path] = /^hf:([^@]+)@([0-9a-f]{40}):(.+)$/.exec(row.handle)!;
  publish(repo!, { [path!]: filled(row.bytes % 5000, 1) }, { commit: revision! });
  await expect(open().pull(remote(row.name))).rejects.toThrow(IntegrityError);
  expect(await open().store.list()).toEqual([]);
  await expect(open().pull(remote(`${row.name}x`))).rejects.toThrow(row.name);
});

test("an address of TensorFlow Hub stands for the same network elsewhere, or is told to be gone", async () => {
  const row = catalogue.find(({ tfhub = [] }) => tfhub.length > 0)!;
  const address = `https://tfhub.dev/google/imagenet/${row.tfhub![0]}/feature_vector/5`;
  const described = await open().describe(remote(address));
  expect(described.id).toBe(row.handle);
  expect(described.note).toContain("no more");
  const smaller = await open().describe(
    remote("https://tfhub.dev/google/imagenet/mobilenet_v2_100_128/feature_vector/5"),
  );
  expect(smaller.note).toMatch(/trained at 224 px.*--size 128/);
  const unknown = "https://tfhub.dev/google/imagenet/nasnet_large/feature_vector/1";
  await expect(open().describe(remote(unknown))).rejects.toThrow(/not in the catalogue/);
  const first = "https://tfhub.dev/google/imagenet/mobilenet_v1_100_128/feature_vector/1";
  await expect(open().describe(remote(first))).rejects.toThrow(/models search mobilenet_v1`/);
});

test("a model for which nobody states a place is asked for at its mirrors in turn", async () => {
  const model = filled(3000, 1);
  publish("org/mirror", { "model.onnx": model });
  const part = await open().store.part("x");
  const places = [
    `${server.origin}/org/gone/resolve/main/model.onnx`,
    `${server.origin}/org/mirror/resolve/main/model.onnx`,
  ];
  const wanted = {
    file: "model.onnx",
    sha256: sha256(model),
    bytes: model.length,
    places: places.map((url) => ({ url })),
  };
  expect(await download(wanted, part, { patience })).toMatchObject({ url: places[1], bytes: 3000 });
});
