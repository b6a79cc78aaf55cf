import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "../..");

/** What a page may ask for: the start of the path, and the folder that it stands for. */
const folders = {
  "/dist/": join(project, "dist"),
  "/test/browser/": import.meta.dirname,
  "/onnxruntime-web/": join(project, "node_modules/onnxruntime-web/dist"),
  "/protobuf/": join(project, "node_modules/@bufbuild/protobuf/dist/esm"),
  "/flatbuffers/": join(project, "node_modules/flatbuffers/mjs"),
  "/shared/": join(project, "../shared"),
};

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

function fileOf(path: string): string | undefined {
  for (const [start, folder] of Object.entries(folders)) {
    const file = join(folder, path.slice(start.length));
    // A path that was encoded to leave its folder.
    if (path.startsWith(start)) return file.startsWith(`${folder}/`) ? file : undefined;
  }
  return undefined;
}

export interface FileServer {
  /** "http://127.0.0.1:PORT" */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves a page at "/" and the folders beside it, on loopback only, cross-origin isolated so that engines get threads. */
export async function serveFiles(page: string): Promise<FileServer> {
  const server = createServer(async ({ url = "/" }, response) => {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = fileOf(path);
    const body = path === "/" ? page : file && (await readFile(file).catch(() => undefined));
    if (body === undefined) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": types[path === "/" ? ".html" : extname(path)] ?? "application/octet-stream",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
