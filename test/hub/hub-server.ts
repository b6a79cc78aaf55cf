import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server may do instead of answering as it should. */
export type Mischief =
  | "cut"
  | "too-long"
  | "too-short"
  | "flipped"
  | "403"
  | "404"
  | "429"
  | "500"
  | "loop"
  | "away"
  | "drip"
  | "other-range"
  | "no-range"
  | "packed"
  | "garbled";

export const mischiefs: readonly Mischief[] = [
  "cut",
  "too-long",
  "too-short",
  "flipped",
  "403",
  "404",
  "429",
  "500",
  "loop",
  "away",
  "drip",
  "other-range",
  "no-range",
  "packed",
  "garbled",
];

export interface HubRepo {
  /** "org/name" */
  readonly name: string;
  readonly commit: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly card?: Readonly<Record<string, unknown>>;
  /** Answered with this status instead, as a gated or hidden repository is. */
  readonly status?: number;
}

export interface HubServer {
  /** "http://127.0.0.1:PORT" */
  readonly origin: string;
  /** Requests, bytes of files that were handed out, and what was asked for with a token. */
  readonly seen: { requests: number; bytes: number; authorised: Set<string> };
  /** Drawn for each request; undefined answers as it should. The number, from 0 to 1, places what goes wrong. */
  mischief: (path: string) => readonly [Mischief, number] | undefined;
  readonly repos: Map<string, HubRepo>;
  close(): Promise<void>;
}

const hex = (algorithm: string, ...parts: (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest("hex");

/** Hugging Face keeps files from 10 MB on, and all that are not text, apart from git; here it is all but JSON. */
const isLarge = (path: string): boolean => !path.endsWith(".json");

/** A server on loopback that speaks the protocol of the Hugging Face Hub (api, tree, resolve, redirects, ETag, ranges). */
export async function startHub(): Promise<HubServer> {
  const seen: HubServer["seen"] = { requests: 0, bytes: 0, authorised: new Set() };
  const repos = new Map<string, HubRepo>();
  let origin = "";
  // Another origin, as large files have one of their own.
  let store = "";
  const hub: { mischief: HubServer["mischief"] } = { mischief: () => undefined };

  const server = createServer((request, response) => {
    seen.requests++;
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.headers.authorization !== undefined) seen.authorised.add(pathname);
    const [kind, where] = hub.mischief(pathname) ?? [];
    if (kind === "403" || kind === "404" || kind === "500")
      return void response.writeHead(Number(kind)).end();
    if (kind === "429")
      return void response.writeHead(429, { "retry-after": where! < 0.5 ? "0" : "1" }).end();
    if (kind === "loop") return void response.writeHead(302, { location: pathname }).end();
    if (kind === "away")
      return void response.writeHead(302, { location: "http://example.org/model.onnx" }).end();
    if (request.method === "POST") {
      takeUpload(request, response, pathname);
      return;
    }
    const api = /^\/api\/models\/(.+?)\/(revision|tree)\/([^/]+)$/.exec(pathname);
    if (api) {
      answerApi(response, repos.get(api[1]!), api[2]!, kind);
      return;
    }
    const file = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
    if (file) {
      answerFile(response, request, file, kind, where);
      return;
    }
    const stored = /^\/cdn\/([^/]+)\/(.+)$/.exec(pathname);
    const body = stored && repos.get(decodeURIComponent(stored[1]!))?.files.get(stored[2]!);
    if (!body) return void response.writeHead(404).end();
    send(request, response, body, kind, where ?? 0);
  });

  function answerApi(
    response: ServerResponse,
    repo: HubRepo | undefined,
    what: string,
    kind?: Mischief,
  ): void {
    if (repo === undefined) return void response.writeHead(404).end();
    if (repo.status !== undefined) return void response.writeHead(repo.status).end();
    const answer =
      what === "revision"
        ? {
            _id: "1",
            id: repo.name,
            sha: repo.commit,
            private: false,
            gated: false,
            cardData: repo.card ?? {},
          }
        : [...repo.files].map(([path, bytes]) => {
            const oid = hex("sha1", `blob ${bytes.length}\0`, bytes);
            const lfs = { oid: hex("sha256", bytes), size: bytes.length, pointerSize: 130 };
            return { type: "file", path, size: bytes.length, oid, ...(isLarge(path) && { lfs }) };
          });
    const text = JSON.stringify(answer);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(kind === "garbled" ? text.slice(0, text.length / 2) : text);
  }

  /** A repository is made, each file is asked to come within the commit itself, and the commit's lines hold them. */
  async function takeUpload(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const answer = (value: unknown): unknown =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (pathname === "/api/repos/create") {
      const { name, organization } = JSON.parse(text);
      repos.set(`${organization}/${name}`, {
        name: `${organization}/${name}`,
        commit: "d".repeat(40),
        files: new Map(),
      });
      answer({ url: `${origin}/${organization}/${name}`, id: "1" });
      return;
    }
    const [, repo = "", step] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(preupload|commit)\/main$/.exec(pathname) ?? [];
    if (step === "preupload") {
      const { files } = JSON.parse(text) as { files: { path: string }[] };
      answer({ files: files.map(({ path }) => ({ path, uploadMode: "regular", shouldIgnore: false })) });
      return;
    }
    const files = new Map<string, Uint8Array>();
    for (const line of text.trim().split("\n")) {
      const { key, value } = JSON.parse(line);
      if (key === "file") files.set(value.path, Buffer.from(value.content, value.encoding));
    }
    repos.set(repo, { name: repo, commit: "d".repeat(40), files });
    answer({ commitOid: "d".repeat(40), commitUrl: `${origin}/${repo}`, hookOutput: "" });
  }

  function answerFile(
    response: ServerResponse,
    request: IncomingMessage,
    [, name, revision, encoded]: RegExpExecArray,
    kind: Mischief | undefined,
    where: number | undefined,
  ): void {
    const repo = repos.get(name!);
    const path = decodeURIComponent(encoded!);
    const body = repo?.files.get(path);
    if (!repo || !body || ![repo.commit, "main"].includes(revision!))
      return void response.writeHead(404).end();
    if (!isLarge(path)) {
      send(request, response, body, kind, where ?? 0);
      return;
    }
    response
      .writeHead(302, {
        location: `${store}/cdn/${encodeURIComponent(name!)}/${path}`,
        "x-repo-commit": repo.commit,
      })
      .end();
  }

  /** A file's bytes, whole or from where they are asked for. */
  function send(
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
    kind: Mischief | undefined,
    where: number,
  ): void {
    const etag = `"${hex("sha256", body)}"`;
    const [, asked] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const same = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
    const from = asked !== undefined && same && kind !== "no-range" ? Number(asked) : 0;
    if (from > 0 && from >= body.length)
      return void response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
    const begin = kind === "other-range" && from > 0 ? Math.floor(from / 2) : from;
    let bytes = Buffer.from(body.subarray(begin));
    if (kind === "flipped" && bytes.length > 0) {
      const at = Math.min(bytes.length - 1, Math.floor(where * bytes.length));
      bytes[at] = bytes[at]! ^ 0x10;
    }
    if (kind === "too-short") bytes = bytes.subarray(0, Math.floor(where * bytes.length));
    if (kind === "too-long") bytes = Buffer.concat([bytes, Buffer.alloc(1 + Math.floor(where * 5000), 7)]);
    const length = kind === "cut" || kind === "drip" ? body.length - begin : bytes.length;
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      "accept-ranges": "bytes",
      "content-length": length,
      ...(from > 0 && { "content-range": `bytes ${begin}-${begin + length - 1}/${begin + length}` }),
      ...(kind === "packed" && { "content-encoding": "br" }),
    });
    seen.bytes += bytes.length;
    if (kind === "cut") {
      const part = bytes.subarray(0, Math.floor(where * bytes.length));
      response.write(part, () => response.destroy());
    } else if (kind === "drip") {
      response.write(bytes.subarray(0, Math.floor((where * bytes.length) / 2)));
      let at = Math.floor((where * bytes.length) / 2);
      const timer = setInterval(() => at < bytes.length && response.write(bytes.subarray(at, ++at)), 20);
      response.on("close", () => clearInterval(timer));
    } else response.end(bytes);
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  store = origin.replace("127.0.0.1", "localhost");
  return Object.assign(hub, {
    origin,
    seen,
    repos,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  });
}
