import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TsugikiError } from "../../src/core/errors.ts";
import { catalogue } from "../../src/hub/catalogue/index.ts";
import { OfflineError } from "../../src/hub/errors.ts";
import type { Remote } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub-node.ts";
import { parseHandle } from "../../src/hub/parse.ts";
import { isFileName } from "../../src/hub/record.ts";
import { type HubServer, startHub } from "./hub-server.ts";

interface Case {
  readonly there: () => string;
  /** A handle of the same kind for which there is nothing; null where nobody can know before the file is asked for. */
  readonly missing: (() => string) | null;
  /** Whether it is known without asking anybody. */
  readonly known?: true;
}

let server: HubServer;
const row = catalogue.find(({ tfhub = [] }) => tfhub.length > 0)!;

/** A kind of handle without a case fails the type check. */
const cases: { readonly [Kind in Remote["kind"]]: Case } = {
  hf: { there: () => "hf:org/net", missing: () => "hf:org/none" },
  hub: { there: () => `hub+${server.origin}/flowers`, missing: () => `hub+${server.origin}/none` },
  zoo: { there: () => "zoo:a/b/net.onnx", missing: () => "zoo:a/b/none.onnx" },
  url: { there: () => `${server.origin}/org/net/resolve/main/model.onnx`, missing: null, known: true },
  name: { there: () => row.name, missing: () => "no-such-name", known: true },
  tfhub: {
    there: () => `https://tfhub.dev/google/imagenet/${row.tfhub![0]}/feature_vector/1`,
    missing: () => "https://tfhub.dev/google/imagenet/no_such_net/feature_vector/1",
    known: true,
  },
};

beforeAll(async () => {
  server = await startHub();
  const bytes = Uint8Array.of(1, 2, 3);
  const sha = createHash("sha256").update(bytes).digest("hex");
  const manifest = [{ model_path: "a/b/net.onnx", metadata: { model_sha: sha, model_bytes: 3 } }];
  const files = new Map([["model.onnx", bytes]]);
  for (const name of ["org/net", "flowers"]) server.repos.set(name, { name, commit: "e".repeat(40), files });
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  server.repos.set("onnx/manifest", {
    name: "onnx/manifest",
    commit: "f".repeat(40),
    files: new Map([["manifest.json", text]]),
  });
});
afterAll(() => server.close());

const hub = (offline = false): Hub =>
  new Hub({
    folder: "/nowhere",
    endpoint: server.origin,
    zooManifest: `${server.origin}/onnx/manifest/resolve/main/manifest.json`,
    offline,
    patience: { tries: 1 },
  });
const remote = (text: string): Remote => parseHandle(text) as Remote;

test.each(Object.entries(cases))(
  "%s: a model is described whole, with nothing left open, and no file is touched",
  async (_, { there, known }) => {
    const { bytes } = server.seen;
    const described = await hub().describe(remote(there()));
    expect(described.files.map(({ path }) => path)).toContain(described.model);
    for (const { path, places } of described.files) {
      expect(isFileName(path)).toBe(true);
      expect(places.length).toBeGreaterThan(0);
      for (const { url } of places) expect(url).toMatch(/^(https:|http:\/\/127\.0\.0\.1)/);
    }
    // What it says it is parses, and is described the same; what is known beforehand names the place that it stands for.
    const pinned = remote(described.id);
    if (!known) {
      const again = await hub().describe(pinned);
      expect(again.files.map(({ path }) => path)).toEqual(described.files.map(({ path }) => path));
    }
    const given = server.seen.bytes - bytes;
    expect(given, "bytes of files, but for the zoo's manifest").toBeLessThan(1000);
  },
);

test.each(Object.entries(cases))(
  "%s: what is not there is an error that says what to do",
  async (_, { missing }) => {
    if (missing === null) return;
    const error = await hub()
      .describe(remote(missing()))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TsugikiError);
    expect((error as TsugikiError).parts.next).toBeTruthy();
  },
);

test.each(Object.entries(cases))("%s: offline, nobody is asked", async (_, { there, known }) => {
  const { requests } = server.seen;
  const answer = hub(true).describe(remote(there()));
  if (known) await answer;
  else await expect(answer).rejects.toThrow(OfflineError);
  expect(server.seen.requests).toBe(requests);
});
