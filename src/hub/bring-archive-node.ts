import { rm } from "node:fs/promises";
import { type Archive, damaged } from "./archive/archive.ts";
import { chooseFiles } from "./archive/choose.ts";
import { openArchive } from "./archive/unpack-node.ts";
import { type Bringing, downloadPart, recordedOf } from "./bring-node.ts";
import { checkFile } from "./digest-node.ts";
import { forgetPart } from "./download-node.ts";
import { ModelArchiveError } from "./errors.ts";
import type { DescribedFile, Packed } from "./provider.ts";
import type { ModelRecord, RecordedFile } from "./record.ts";

/** A model that came in an archive: its files are in the cache's blobs, and the archive itself is gone. */
interface Unpacked extends Pick<ModelRecord, "model" | "files"> {
  readonly archive: RecordedFile;
  readonly came: number;
}

/**
 * Brings an archive and takes the model out of it. What is pinned is the archive's hash; as long as all that it gave is
 * here, `known` says so, nobody is asked. Throws ModelArchiveError, NoModelError, and what `bringFile` throws.
 */
export async function bringArchive(
  file: DescribedFile,
  packed: Packed,
  known: ModelRecord | undefined,
  bringing: Bringing,
): Promise<Unpacked> {
  const { store, signal } = bringing;
  if (known?.archive !== undefined && (await areHere(known.files, bringing)))
    return { model: known.model, files: known.files, archive: known.archive, came: 0 };
  // Two handles may name two models of one archive, and their parts are the same file.
  return store.exclusively(
    `archive ${file.places[0]!.url}`,
    async () => {
      const pinned = known?.archive === undefined ? [] : [known.archive];
      const { part, arrived } = await downloadPart(file, { ...bringing, pinned });
      const archive = recordedOf(file.path, arrived);
      try {
        const opened = await openArchive(part, { format: packed.format, name: file.path, signal });
        const taken = await takeOut(opened, packed, archive, bringing);
        await forgetPart(part);
        return { ...taken, archive, came: arrived.bytes };
      } catch (error) {
        // One whose model is only to be named stays for the next call.
        if (error instanceof ModelArchiveError) await forgetPart(part);
        throw error;
      }
    },
    { signal },
  );
}

async function areHere(files: readonly RecordedFile[], { store }: Bringing): Promise<boolean> {
  for (const { sha256 } of files) if (!(await store.hasBlob(sha256))) return false;
  return true;
}

/** Unpacks the model's files beside each other, reads each back from the disk, and takes them into the blobs. */
async function takeOut(
  opened: Archive,
  packed: Packed,
  archive: RecordedFile,
  { handle, store, signal }: Bringing,
): Promise<Pick<ModelRecord, "model" | "files">> {
  const chosen = chooseFiles(opened.entries, { archive: archive.path, handle, named: packed.model });
  const sizes = new Map(opened.entries.map(({ path, bytes }) => [path, bytes]));
  const targets = new Map<string, string>();
  for (const path of chosen.files.values()) {
    const target = await store.part(`${archive.sha256} ${path}`);
    await rm(target, { force: true });
    targets.set(path, target);
  }
  try {
    await opened.unpack(targets, signal);
    const files: RecordedFile[] = [];
    for (const [name, path] of chosen.files) {
      const target = targets.get(path)!;
      const { sha256, bytes, differs } = await checkFile(target, { bytes: sizes.get(path) });
      if (differs) throw damaged(archive.path, `${path} has ${differs.actual}, and not ${differs.expected}`);
      await store.keepBlob(target, sha256);
      files.push({ path: name, sha256, bytes, url: `${archive.url}:${path}` });
    }
    return { model: chosen.model, files };
  } finally {
    for (const target of targets.values()) await rm(target, { force: true });
  }
}
