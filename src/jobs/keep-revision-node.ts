import { randomUUID } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/hash.ts";
import { earlierRevisions, publishedFile, revisionOf } from "../core/model-folder.ts";

/** The revision that a model's folder in a hub is at; undefined where there is no model yet. */
export async function revisionIn(folder: string): Promise<string | undefined> {
  const files = await publishedIn(folder);
  if (!files.some((path) => path.endsWith(".onnx"))) return undefined;
  const hashes = files.map(async (path) => ({
    path,
    sha256: await sha256(await readFile(join(folder, path))),
  }));
  return revisionOf(await Promise.all(hashes));
}

/**
 * Puts a copy of what a hub's folder holds now among its earlier revisions, whole or not at all, so that whoever pinned it
 * gets it on. Copies: somebody may yet edit the files beside them.
 */
export async function keepRevision(folder: string): Promise<void> {
  const revision = await revisionIn(folder);
  if (revision === undefined) return;
  const kept = join(folder, earlierRevisions, revision);
  if (await isThere(kept)) return;
  const stage = join(folder, earlierRevisions, `.tsugiki-${randomUUID()}`);
  await mkdir(stage, { recursive: true });
  try {
    for (const path of await publishedIn(folder))
      await cp(join(folder, path), join(stage, path), { preserveTimestamps: true });
    // Another process may have been quicker, with the same.
    await rename(stage, kept).catch(async (error: unknown) => {
      if (!(await isThere(kept))) throw error;
    });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function publishedIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && publishedFile.test(entry.name)).map(({ name }) => name);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
