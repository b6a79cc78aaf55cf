import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

export interface FolderServer {
  /** "http://127.0.0.1:PORT/some/folder/" */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a folder held in memory as the plainest of servers does: no header but the type, and not at the root. */
export async function serveFolder(files: ReadonlyMap<string, Uint8Array>): Promise<FolderServer> {
  const base = "/some/folder/";
  const server = createServer(({ url = "/" }, response) => {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const name = path.slice(base.length) || "index.html";
    const body = path.startsWith(base) ? files.get(name) : undefined;
    if (body === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream" });
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
