import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Context, Hono } from "hono";
import { RefusedError } from "../errors.ts";
import { modelPage, shelfPage } from "./page.ts";
import type { Shelf, ShelvedFile, ShelvedModel } from "./shelf.ts";

/** Nothing in a page runs: a model card is somebody else's text. */
const headers = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * A hub that speaks as much of Hugging Face's protocol as its clients need to find and fetch models (list, info, tree,
 * resolve), and shows pages to people.
 */
export function createHubApp(
  shelf: Shelf,
  guard: (method: string, header: (name: string) => string | undefined) => void,
): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    guard(context.req.method, (name) => context.req.header(name));
    await next();
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  });
  app.get("/", async (context) => {
    const query = context.req.query("q") ?? "";
    return context.html(shelfPage(await matching(shelf, query), query, originOf(context)));
  });
  app.get("/api/models", async (context) => {
    const { search = "", limit = "100" } = context.req.query();
    return context.json((await matching(shelf, search)).slice(0, Number(limit) || 100).map(infoOf));
  });
  for (const path of ["/api/models/:name", "/api/models/:name/revision/:revision"]) {
    app.get(path, async (context) => {
      const model = await shelf.find(context.req.param("name")!, context.req.param("revision"));
      return model ? context.json(infoOf(model)) : missing(context);
    });
  }
  app.get("/api/models/:name/tree/:revision", async (context) => {
    const model = await shelf.find(context.req.param("name"), context.req.param("revision"));
    return model ? context.json(model.files.map(entryOf)) : missing(context);
  });
  app.get("/:name/resolve/:revision/:path", async (context) => {
    const model = await shelf.find(context.req.param("name"), context.req.param("revision"));
    const file = model?.files.find(({ path }) => path === context.req.param("path"));
    return model && file ? send(context, model, file) : missing(context);
  });
  for (const path of ["/:name", "/:name/tree/:revision"]) {
    app.get(path, async (context) => {
      const name = context.req.param("name")!;
      const [model, newest] = [await shelf.find(name, context.req.param("revision")), await shelf.find(name)];
      if (model === undefined || newest === undefined) return missing(context);
      const revisions = [newest, ...(await shelf.earlier(newest))];
      return context.html(modelPage(model, revisions, originOf(context)));
    });
  }
  app.notFound(missing);
  app.onError((error, context) => {
    if (error instanceof RefusedError) return context.json({ error: error.message }, error.evidence.status);
    console.error(error);
    return context.json({ error: "The hub failed; its log says why." }, 500);
  });
  return app;
}

async function matching(shelf: Shelf, query: string): Promise<readonly ShelvedModel[]> {
  const words = query.toLowerCase();
  return (await shelf.list()).filter(
    ({ name, readme }) => name.includes(words) || readme.toLowerCase().includes(words),
  );
}

function infoOf({ name, commit, files, licence, changed }: ShelvedModel) {
  return {
    _id: commit.slice(0, 24),
    id: name,
    modelId: name,
    sha: commit,
    private: false,
    gated: false,
    disabled: false,
    downloads: 0,
    likes: 0,
    lastModified: changed.toISOString(),
    pipeline_tag: "image-classification",
    tags: ["onnx", "tsugiki", ...(licence === null ? [] : [`license:${licence}`])],
    cardData: licence === null ? {} : { license: licence },
    siblings: files.map(({ path }) => ({ rfilename: path })),
  };
}

function entryOf({ path, bytes, sha256, gitOid }: ShelvedFile) {
  const lfs = path.endsWith(".onnx") ? { lfs: { oid: sha256, size: bytes, pointerSize: 134 } } : {};
  return { type: "file", path, size: bytes, oid: gitOid, ...lfs };
}

/** A file, or its rest from where it is asked for. */
function send(context: Context, model: ShelvedModel, file: ShelvedFile): Response {
  const etag = `"${file.path.endsWith(".onnx") ? file.sha256 : file.gitOid}"`;
  const condition = context.req.header("if-range");
  const [, asked] = /^bytes=(\d+)-$/.exec(context.req.header("range") ?? "") ?? [];
  const start = asked !== undefined && (condition === undefined || condition === etag) ? Number(asked) : 0;
  if (start > 0 && start >= file.bytes) {
    return context.body(null, 416, { "content-range": `bytes */${file.bytes}` });
  }
  const about = {
    etag,
    "x-linked-etag": etag,
    "x-linked-size": `${file.bytes}`,
    "x-repo-commit": model.commit,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${file.path}"`,
    "content-length": `${file.bytes - start}`,
    ...(start > 0 && { "content-range": `bytes ${start}-${file.bytes - 1}/${file.bytes}` }),
  };
  if (context.req.method === "HEAD") return context.body(null, 200, about);
  const stream = Readable.toWeb(
    createReadStream(join(model.folder, file.path), { start, end: file.bytes - 1 }),
  );
  return context.body(stream as ReadableStream, start > 0 ? 206 : 200, about);
}

function missing(context: Context): Response {
  return context.json({ error: "There is no such model, revision or file here." }, 404);
}

function originOf(context: Context): string {
  return new URL(context.req.url).origin;
}
