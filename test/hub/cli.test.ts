import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { type Finished, finished } from "../finished.ts";
import { type HubServer, startHub } from "./hub-server.ts";

const command = resolve(import.meta.dirname, "../../bin/tsugiki.js");
const commit = "c".repeat(40);
let folder: string;
let data: string;
let server: HubServer;

function tsugiki(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      TSUGIKI_CACHE: join(folder, "cache"),
      HF_HOME: join(folder, "hf"),
      HF_ENDPOINT: server.origin,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return finished(child);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-hub-cli-"));
  data = join(folder, "patterns");
  await drawPatterns(data, 12, 3);
  server = await startHub();
  const box = readFileSync(resolve(import.meta.dirname, "../../box/backbone.onnx"));
  server.repos.set("org/net", {
    name: "org/net",
    commit,
    files: new Map([["model.onnx", box]]),
    card: { license: "mit" },
  });
  server.repos.set("org/nc", {
    name: "org/nc",
    commit,
    files: new Map([["model.onnx", box]]),
    card: { license: "cc-by-nc-4.0" },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test("train pulls its base, names it by its handle with its licence, and works offline from then on", async () => {
  const online = await tsugiki(["train", data, "--base", "hf:org/net", "--out", "online"]);
  expect(online.stderr).toContain("Pulled hf:org/net");
  expect(online.code).toBe(0);
  const record = JSON.parse(readFileSync(join(folder, "online/run.json"), "utf8"));
  expect(record.base).toMatchObject({ name: "hf:org/net", licence: "mit" });
  const { requests } = server.seen;
  const offline = await tsugiki(["train", data, "--base", "hf:org/net", "--out", "offline", "--offline"]);
  expect(offline.code).toBe(0);
  expect(server.seen.requests).toBe(requests);
  expect(
    readFileSync(join(folder, "offline/model.onnx")).equals(readFileSync(join(folder, "online/model.onnx"))),
  ).toBe(true);
});

test("with the network unplugged what is cached works, and what is not says how to get it", async () => {
  await tsugiki(["models", "pull", "hf:org/net"]);
  // Port 9 discards: nothing listens there, so whatever is sent goes nowhere.
  const unplugged = { HF_ENDPOINT: "http://127.0.0.1:9" };
  expect((await tsugiki(["summary", "--base", "hf:org/net"], unplugged)).code).toBe(0);
  const { code, stderr } = await tsugiki(["summary", "--base", "hf:org/other"], {
    ...unplugged,
    TSUGIKI_OFFLINE: "1",
  });
  expect(code).toBe(1);
  expect(stderr).toContain("tsugiki models pull hf:org/other");
});

test("models pull, list, info, verify and rm tell one story", async () => {
  const pulled = await tsugiki(["models", "pull", "hf:org/net", "--json"]);
  expect(JSON.parse(pulled.stdout)).toMatchObject({
    handle: "hf:org/net",
    id: `hf:org/net@${commit}:model.onnx`,
  });
  const listed = JSON.parse((await tsugiki(["models", "list", "--pulled", "--json"])).stdout);
  expect(listed.models.map(({ handle }: { handle: string }) => handle)).toContain("hf:org/net");
  const told = JSON.parse((await tsugiki(["models", "info", "hf:org/net", "--json"])).stdout);
  expect(told.network.cuts.length).toBeGreaterThan(0);
  expect((await tsugiki(["models", "verify"])).code).toBe(0);
  writeFileSync(JSON.parse(pulled.stdout).file, "rot");
  const rotten = await tsugiki(["models", "verify"]);
  expect(rotten.code).toBe(1);
  expect(rotten.stderr).toContain("models pull --update hf:org/net");
  expect((await tsugiki(["models", "pull", "--update", "hf:org/net"])).code).toBe(0);
  expect((await tsugiki(["models", "verify"])).code).toBe(0);
  expect((await tsugiki(["models", "rm", "hf:org/net"])).stdout).toContain("Removed 1 model");
  expect((await tsugiki(["models", "rm", "hf:org/net"])).code).toBe(2);
});

test("a licence that forbids commercial use is said before anything is trained", async () => {
  const refused = await tsugiki(["train", data, "--base", "hf:org/nc", "--out", "nc"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("--accept-licence");
  const accepted = await tsugiki(["train", data, "--base", "hf:org/nc", "--out", "nc", "--accept-licence"]);
  expect(accepted.code).toBe(0);
});

/** In a terminal of its own, as util-linux makes one; `typed` is what somebody types there. */
function inTerminal(typed: string, args: readonly string[]): Promise<Finished> {
  const line = [process.execPath, command, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", line, "/dev/null"], {
    cwd: folder,
    env: { ...process.env, TSUGIKI_CACHE: join(folder, "asked"), HF_ENDPOINT: server.origin },
  });
  child.stdin.end(typed);
  return finished(child);
}

test.skipIf(process.platform !== "linux")(
  "in a terminal the licence is asked about, and yes takes it; not with --json",
  async () => {
    const pull = ["models", "pull", "hf:org/nc"];
    const no = await inTerminal("n\n", pull);
    expect(no.stdout).toMatch(/inherits that\. Take it all the same\? \[y\/N\]/);
    expect(no.stdout).toContain("--accept-licence");
    expect(no.code).toBe(1);
    const json = await inTerminal("y\n", [...pull, "--json"]);
    expect(json.stdout).not.toContain("[y/N]");
    expect(json.code).toBe(1);
    const yes = await inTerminal("y\n", pull);
    expect(yes.stdout).toContain("not for commercial use");
    expect(yes.code).toBe(0);
  },
);

test("a handle that names nothing is a lesson", async () => {
  const { code, stderr } = await tsugiki(["summary", "--base", "ftp://example.org/a.onnx"]);
  expect(code).toBe(1);
  expect(stderr).toContain("tsugiki models list");
});
