import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type ZipInput, zip } from "../../src/data/testing/zip.ts";
import { type TarInput, tar } from "../../src/hub/archive/testing/tar.ts";
import { IntegrityError, ModelArchiveError, NoModelError, OfflineError } from "../../src/hub/errors.ts";
import type { Remote } from "../../src/hub/handle.ts";
import { Hub, type HubOptions } from "../../src/hub/hub-node.ts";
import { parseHandle } from "../../src/hub/parse.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { loadModel } from "../../src/onnx/load-node.ts";
import { MessageWriter } from "../../src/onnx/wire.ts";
import { writeModelChunks } from "../../src/onnx/write.ts";
import { type HubServer, startHub } from "./hub-server.ts";

const patience = { tries: 4, waitSeconds: 0.005, longestWaitSeconds: 1, stallSeconds: 5 };
let server: HubServer;
let folder: string;
beforeEach(async () => {
  server = await startHub();
  folder = await mkdtemp(join(tmpdir(), "tsugiki-archives-"));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (more: Partial<HubOptions> = {}): Hub =>
  new Hub({ folder, endpoint: server.origin, patience, ...more });
const remote = (text: string): Remote => parseHandle(text) as Remote;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * i * 31 + seed * 97 + (i >> 7)) % 251);

/** A small network; another number makes another. */
function network(seed: number): Uint8Array {
  const builder = new GraphBuilder({ opset: 18 });
  const weights = float32(Float32Array.from({ length: 500 }, (_, i) => i * seed));
  builder.output(
    builder.op("Add", [builder.input("x", "float32", [500]), builder.initializer("w", weights)]),
  );
  return Buffer.concat(writeModelChunks(builder.model()));
}

/** A model whose two weights lie in a file beside it. */
function external(location: string): Uint8Array {
  const writer = new MessageWriter().int(1, 8n).message(7, (graph) =>
    graph.message(5, (tensor) => {
      tensor.int(1, 2n).int(2, 1n).string(8, "w").int(14, 1n);
      for (const [key, value] of Object.entries({ location, offset: "4", length: "8" }))
        tensor.message(13, (entry) => entry.string(1, key).string(2, value));
    }),
  );
  return Buffer.concat(writer.finish());
}

/** Puts a file on the server, and answers its address. */
function put(name: string, content: Uint8Array): string {
  const files = new Map(server.repos.get("org/files")?.files ?? []).set(name, content);
  server.repos.set("org/files", { name: "org/files", commit: "a".repeat(40), files });
  return `${server.origin}/org/files/resolve/main/${name}`;
}

/** As the ONNX model zoo packs: a folder with the model, sample data, and what macOS adds. */
const zooLike = (model: Uint8Array): TarInput[] => [
  { name: "net/", type: "5" },
  { name: "net/._net.onnx", bytes: bytes(200, 1) },
  { name: "net/net.onnx", bytes: model },
  { name: "net/test_data_set_0/input_0.pb", bytes: bytes(900, 2) },
];

test("the model of a .tar.gz is pulled, both hashes are recorded, and nobody is asked again", async () => {
  const model = network(3);
  const archive = gzipSync(tar(zooLike(model)));
  const url = put("net.tar.gz", archive);
  const { record, file, transferred } = await open().pull(remote(url));
  expect(sha256(await readFile(file))).toBe(sha256(model));
  expect(transferred).toBe(archive.length);
  expect(record).toMatchObject({
    handle: url,
    id: url,
    model: "net.onnx",
    files: [{ path: "net.onnx", sha256: sha256(model), bytes: model.length, url: `${url}:net/net.onnx` }],
    archive: { path: "net.tar.gz", sha256: sha256(archive), bytes: archive.length, url },
  });
  const { requests } = server.seen;
  await open().pull(remote(url));
  await open({ offline: true }).pull(remote(url));
  await open().pull(remote(url), { update: true });
  expect(server.seen.requests).toBe(requests);
  expect(await open().store.damaged((await open().store.find(url))!)).toEqual([]);
  // Neither the archive nor its pieces stay.
  expect(await readdir(join(folder, "parts"))).toEqual([]);
  expect(await readdir(join(folder, "blobs"))).toEqual([sha256(model)]);
});

test("weights come along and are read; those that lead out of the folder are refused by whoever reads the model", async () => {
  const entries = (location: string): ZipInput[] => [
    { name: "a/model.onnx", bytes: external(location) },
    { name: "a/weights.bin", bytes: Uint8Array.of(9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8) },
    { name: "a/LICENSE", bytes: bytes(50, 1) },
    { name: "secret.bin", bytes: bytes(50, 2) },
  ];
  const { file, record } = await open().pull(remote(put("good.zip", zip(entries("weights.bin")))));
  expect(record.files.map(({ path }) => path)).toEqual(["model.onnx", "weights.bin", "LICENSE"]);
  const { graph } = await loadModel(file);
  expect([...(graph.initializers.get("w")?.bytes ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const bad = await open().pull(remote(put("bad.zip", zip(entries("../secret.bin")))));
  expect(await readdir(dirname(bad.file))).not.toContain("secret.bin");
  await expect(loadModel(bad.file)).rejects.toThrow(/outside the model's folder/);
});

test("of several models the one that is named is taken, and the archive is not sent twice for the question", async () => {
  const [one, two] = [network(1), network(2)];
  const archive = zip([
    { name: "small/net.onnx", bytes: one },
    { name: "large/net.onnx", bytes: two },
    { name: "large/notes.txt", bytes: bytes(20, 1) },
  ]);
  const url = put("nets.zip", archive);
  const failure = await open()
    .pull(remote(url))
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NoModelError);
  expect((failure as Error).message).toContain("small/net.onnx, large/net.onnx");
  expect((failure as Error).message).toContain(`${url}:small/net.onnx`);
  await expect(open().pull(remote(`${url}:net.onnx`))).rejects.toThrow(/It has small\/net\.onnx/);
  const { record, file } = await open().pull(remote(`${url}:large/net.onnx`));
  expect(sha256(await readFile(file))).toBe(sha256(two));
  expect(record.files.map(({ path }) => path)).toEqual(["net.onnx", "notes.txt"]);
  expect(server.seen.bytes).toBe(archive.length);
  await open().pull(remote(`${url}:small/net.onnx`));
  expect(await open().store.list()).toHaveLength(2);
});

test("an archive that changes is an error with both hashes, even where it holds the same model, until it is forgotten", async () => {
  const before = gzipSync(tar(zooLike(network(1))));
  const after = Buffer.from(before);
  // The time that it was packed at.
  after[4] = 1;
  const url = put("net.tgz", before);
  const { file, record } = await open().pull(remote(url));
  // What was damaged has to be brought again, and then it is seen.
  await rm(file);
  await rm(join(folder, "blobs", record.files[0]!.sha256));
  put("net.tgz", after);
  const failure = await open()
    .pull(remote(url))
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(IntegrityError);
  expect((failure as Error).message).toContain(sha256(before));
  expect((failure as Error).message).toContain(sha256(after));
  await expect(open({ offline: true }).pull(remote(url))).rejects.toThrow(OfflineError);
  put("net.tgz", before);
  expect((await open().pull(remote(url))).record).toMatchObject({
    archive: record.archive,
    files: record.files,
  });
  await open().store.remove((await open().store.find(url))!);
  put("net.tgz", after);
  expect((await open().pull(remote(url))).record.archive?.sha256).toBe(sha256(after));
});

test("an archive whose connection breaks off is gone on with, not begun anew", async () => {
  const archive = zip([{ name: "net.onnx", bytes: bytes(400_000, 1), store: true }]);
  const url = put("net.zip", archive);
  let cuts = 0;
  server.mischief = (path) => (path.startsWith("/cdn/") && cuts++ < 3 ? ["cut", 0.3] : undefined);
  const { record } = await open().pull(remote(url));
  expect(record.archive?.sha256).toBe(sha256(archive));
  expect(cuts).toBe(4);
});

test("of a hostile archive nothing is kept, and the next pull begins anew", async () => {
  const hostile = tar([...zooLike(network(1)), { name: "net/link", type: "2", link: "/etc/passwd" }]);
  const url = put("net.tar", hostile);
  await expect(open().pull(remote(url))).rejects.toThrow(ModelArchiveError);
  expect(await open().store.list()).toEqual([]);
  expect((await readdir(join(folder, "parts"))).filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(await readdir(join(folder, "blobs")).catch(() => [])).toEqual([]);
  put("net.tar", tar(zooLike(network(1))));
  await open().pull(remote(url));
  await expect(open().pull(remote(put("none.zip", zip([{ name: "a.txt" }]))))).rejects.toThrow(
    /no ONNX file/,
  );
  await expect(open().pull(remote(`${server.origin}/net.tar.xz`))).rejects.toThrow(/\.tgz and \.zip are/);
});

test("the model zoo's archive is held to its manifest's hash, and so is one in a repository to its own", async () => {
  const archive = gzipSync(tar(zooLike(network(5))));
  const path = "validated/vision/classification/tiny/model/tiny-7.tar.gz";
  const metadata = {
    model_sha: "0".repeat(64),
    model_bytes: 1,
    model_with_data_path: path,
    model_with_data_sha: sha256(archive),
    model_with_data_bytes: archive.length,
  };
  const manifest = put("m.json", Buffer.from(JSON.stringify([{ model_path: "a.onnx", metadata }])));
  const name = "onnxmodelzoo/legacy_models";
  server.repos.set(name, { name, commit: "b".repeat(40), files: new Map([[path, archive]]) });
  const hub = open({ zooManifest: manifest });
  const { record } = await hub.pull(remote(`https://github.com/onnx/models/blob/main/${path}`));
  expect(record).toMatchObject({
    handle: `zoo:${path}`,
    model: "net.onnx",
    archive: { path: "tiny-7.tar.gz" },
  });
  const own = await hub.pull(remote(`hf:${name}:${path}`));
  expect(own.record).toMatchObject({ id: `hf:${name}@${"b".repeat(40)}:${path}`, model: "net.onnx" });
  server.repos.set(name, {
    name,
    commit: "b".repeat(40),
    files: new Map([[path, tar(zooLike(network(6)))]]),
  });
  await hub.store.remove((await hub.store.find(`zoo:${path}`))!);
  await expect(hub.pull(remote(`zoo:${path}`))).rejects.toThrow(IntegrityError);
});
