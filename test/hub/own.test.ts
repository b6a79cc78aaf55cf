import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import type { Remote } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub-node.ts";
import { parseHandle } from "../../src/hub/parse.ts";
import { Classifier, finish, publish, train } from "../../src/index.ts";
import { type RunningHub, serveHub } from "../../src/serve/hub/serve-hub.ts";
import { type HubServer, startHub } from "./hub-server.ts";

let folder: string;
let data: string;
let shelf: string;
let hub: RunningHub;
const environment = { ...process.env };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-own-hub-"));
  [data, shelf] = [join(folder, "patterns"), join(folder, "our-models")];
  process.env.TSUGIKI_CACHE = join(folder, "cache");
  process.env.HF_HOME = join(folder, "huggingface");
  await drawPatterns(data, 16, 3);
  await finish(train({ data, out: join(folder, "runs/patterns"), report: false }));
  await publish({ model: join(folder, "runs/patterns"), to: shelf });
  writeFileSync(join(folder, "secret.onnx"), "secret");
  symlinkSync(join(folder, "secret.onnx"), join(shelf, "patterns/link.onnx"));
  hub = await serveHub({ folder: shelf, port: 0 });
}, 60_000);
afterAll(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
  process.env = environment;
});

const model = (): Buffer => readFileSync(join(folder, "runs/patterns/model.onnx"));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("what was published is pulled from one's own hub byte for byte, by name, pinned to its revision", async () => {
  const cache = new Hub({ folder: join(folder, "pulled") });
  const handle = parseHandle(`hub+${hub.url}/patterns`) as Remote;
  const { record, file } = await cache.pull(handle);
  expect(record.id).toMatch(new RegExp(`^hub\\+${hub.url}/patterns@[0-9a-f]{40}:model\\.onnx$`));
  expect(record.licence?.id).toBe("apache-2.0");
  expect(readFileSync(file).equals(model())).toBe(true);
  await cache.pull(parseHandle(record.id) as Remote);
  await expect(cache.pull(parseHandle(`hub+${hub.url}/nothing`) as Remote)).rejects.toThrow(
    /There is no hub\+/,
  );
});

test("a published classifier is a base for the next one: the same features, its own preprocessing and licence", async () => {
  const out = join(folder, "runs/next");
  const base = `hub+${hub.url}/patterns`;
  const result = await finish(train({ data, base, out, report: false }));
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  expect(record.base).toMatchObject({ name: base, licence: "apache-2.0" });
  expect(result.val!.accuracy).toBeGreaterThan(0.5);
  const [first, next] = await Promise.all([
    Classifier.load(join(folder, "runs/patterns")),
    Classifier.load(out),
  ]);
  try {
    const picture = readFileSync(resolve(import.meta.dirname, "../../examples/patterns/dots/0.jpg"));
    const [a, b] = [await first.predict(picture), await next.predict(picture)];
    expect(b.embedding.length).toBe(a.embedding.length);
    const scale = Math.max(...a.embedding.map(Math.abs));
    expect(Math.max(...a.embedding.map((value, i) => Math.abs(value - b.embedding[i]!)))).toBeLessThan(
      1e-4 * scale,
    );
  } finally {
    await Promise.all([first.close(), next.close()]);
  }
}, 60_000);

test("files come with ranges and hashes, and nothing but the models' own files is given", async () => {
  const whole = await fetch(`${hub.url}/patterns/resolve/main/model.onnx`);
  expect(sha256(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256(model()));
  expect(whole.headers.get("etag")).toBe(`"${sha256(model())}"`);
  const rest = await fetch(`${hub.url}/patterns/resolve/main/model.onnx`, {
    headers: { range: "bytes=1000-" },
  });
  expect(rest.status).toBe(206);
  expect(Buffer.from(await rest.arrayBuffer()).equals(model().subarray(1000))).toBe(true);
  const paths = [
    "/patterns/resolve/main/link.onnx",
    "/patterns/resolve/main/..%2f..%2fsecret.onnx",
    "/..%2fsecret.onnx",
    "/%2e%2e/resolve/main/secret.onnx",
    "/patterns/resolve/other/model.onnx",
    "/nothing",
  ];
  for (const path of paths) expect((await fetch(hub.url + path)).status, path).toBe(404);
});

test("a foreign name for this machine is refused, as other sites' pages would come by it", async () => {
  const status = await new Promise((done) => {
    const { port } = new URL(hub.url);
    request({ host: "127.0.0.1", port, path: "/api/models", headers: { host: "evil.example" } }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    }).end();
  });
  expect(status).toBe(421);
});

test("a newer revision leaves the earlier ones where whoever pinned them finds them", async () => {
  const handle = `hub+${hub.url}/patterns`;
  const remote = (text: string): Remote => parseHandle(text) as Remote;
  const first = await new Hub({ folder: join(folder, "first") }).pull(remote(handle));
  const pinned = first.record.id;
  const run = join(folder, "runs/patterns");
  // The same once more is no other revision.
  const again = await publish({ model: run, to: shelf });
  expect(pinned).toContain(`@${again.revision}:`);
  expect(readdirSync(join(shelf, "patterns"))).not.toContain("revisions");
  await finish(train({ data, out: join(folder, "runs/other"), seed: 5, report: false }));
  const other = await publish({ model: join(folder, "runs/other"), to: shelf, name: "patterns" });
  expect(other.revision).not.toBe(again.revision);
  const newest = await new Hub({ folder: join(folder, "newest") }).pull(remote(handle));
  expect(newest.record.id).toContain(`@${other.revision}:`);
  const earlier = await new Hub({ folder: join(folder, "earlier") }).pull(remote(pinned));
  expect(readFileSync(earlier.file).equals(readFileSync(first.file))).toBe(true);
  const page = await (await fetch(`${hub.url}/patterns`)).text();
  expect(page).toContain(`/patterns/tree/${again.revision}`);
  const old = await (await fetch(`${hub.url}/patterns/tree/${again.revision}`)).text();
  expect(old).toContain("This is an earlier revision");
  expect(old).toContain(`--base ${handle}@${again.revision}`);
  // What was kept and is no longer what it was is not given for it.
  const kept = join(shelf, "patterns/revisions", again.revision!);
  writeFileSync(join(kept, "labels.txt"), "others");
  expect((await fetch(`${hub.url}/patterns/tree/${again.revision}`)).status).toBe(404);
  expect((await fetch(`${hub.url}/patterns/resolve/${again.revision}/model.onnx`)).status).toBe(404);
  // Back to the first: it is the newest again, and listed once.
  rmSync(kept, { recursive: true });
  const back = await publish({ model: run, to: shelf });
  expect(back.revision).toBe(again.revision);
  expect(readdirSync(join(shelf, "patterns/revisions"))).toEqual([other.revision]);
}, 120_000);

test("pages tell people what there is; a card is rendered, and markup in it stays text", async () => {
  const card = readFileSync(join(shelf, "patterns/README.md"), "utf8");
  writeFileSync(
    join(shelf, "patterns/README.md"),
    `${card}\n<script>alert(1)</script>\n\n[web](https://example.org) [bad](javascript:alert(1))\n`,
  );
  const index = await (await fetch(`${hub.url}/?q=pattern`)).text();
  expect(index).toContain('<a href="/patterns">patterns</a>');
  expect(await (await fetch(`${hub.url}/?q=zebra`)).text()).toContain("Nothing here is like");
  const page = await (await fetch(`${hub.url}/patterns`)).text();
  expect(page).toContain("<h3>patterns</h3>");
  expect(page).toContain('<a href="https://example.org" rel="nofollow noopener noreferrer">web</a> bad');
  expect(page).toContain("&lt;script&gt;alert(1)");
  expect(page).not.toContain("<script>");
  expect(page).toContain(`hub+${hub.url}/patterns`);
});

test("a name that cannot stand in an address is refused", async () => {
  const run = join(folder, "runs/patterns");
  await expect(publish({ model: run, to: shelf, name: "My Flowers" })).rejects.toThrow(/--name flowers/);
  await expect(publish({ model: run, to: "hf:me/flowers" })).rejects.toThrow(/HF_TOKEN/);
});

test("published on Hugging Face, it comes back the same", async () => {
  const server: HubServer = await startHub();
  process.env.HF_ENDPOINT = server.origin;
  process.env.HF_TOKEN = "hf_secret";
  try {
    const run = join(folder, "runs/patterns");
    const { handle } = await publish({ model: run, to: "hf:me/flowers" });
    expect(handle).toBe("hf:me/flowers");
    expect([...server.repos.get("me/flowers")!.files.keys()].sort()).toEqual([
      "README.md",
      "labels.txt",
      "model.onnx",
    ]);
    const { file } = await new Hub({ folder: join(folder, "back"), endpoint: server.origin }).pull(
      parseHandle(handle) as Remote,
    );
    expect(readFileSync(file).equals(model())).toBe(true);
  } finally {
    delete process.env.HF_ENDPOINT;
    delete process.env.HF_TOKEN;
    await server.close();
  }
});
