import { join } from "node:path";
import { type Arrived, download, forgetPart, type Patience } from "./download-node.ts";
import { IntegrityError, OfflineError } from "./errors.ts";
import type { DescribedFile } from "./provider.ts";
import type { RecordedFile } from "./record.ts";
import type { ModelStore } from "./store-node.ts";

/** What files are brought for, and how. */
export interface Bringing {
  /** The handle, for messages. */
  readonly handle: string;
  readonly store: ModelStore;
  /** What is known of the files from when they were first pulled. */
  readonly pinned: readonly RecordedFile[];
  readonly offline: boolean;
  readonly patience?: Partial<Patience> | undefined;
  readonly huggingFaceCache?: (() => Promise<string>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((file: string, done: number, total: number | undefined) => void) | undefined;
}

/** A file that is in the cache's blobs, and how many of its bytes came over the network. */
export interface BroughtFile {
  readonly file: RecordedFile;
  readonly came: number;
}

/** Brings a file to the blobs, from wherever it is. Throws DownloadError, IntegrityError, OfflineError, the signal's reason. */
export async function bringFile(file: DescribedFile, bringing: Bringing): Promise<BroughtFile> {
  const { store, huggingFaceCache } = bringing;
  const { sha256, bytes } = expected(file, bringing);
  const { path, places, gitOid, kept } = file;
  const here = (hash: string, size: number): BroughtFile => ({
    file: { path, sha256: hash, bytes: size, url: places[0]!.url },
    came: 0,
  });
  if (sha256 !== undefined && bytes !== undefined && (await store.hasBlob(sha256)))
    return here(sha256, bytes);
  if (huggingFaceCache !== undefined && kept !== undefined && bytes !== undefined) {
    const adopted = await store.adopt(join(await huggingFaceCache(), kept), { sha256, bytes, gitOid });
    if (adopted !== undefined) return here(adopted, bytes);
  }
  const { part, arrived } = await downloadPart(file, bringing);
  await store.keepBlob(part, arrived.sha256);
  await forgetPart(part);
  return { file: recordedOf(path, arrived), came: arrived.bytes };
}

/** Downloads a file to its part, whole and what was meant. Throws what `bringFile` throws. */
export async function downloadPart(
  file: DescribedFile,
  bringing: Bringing,
): Promise<{ readonly part: string; readonly arrived: Arrived }> {
  const { handle, store, pinned, offline, patience, signal, onProgress } = bringing;
  const { path, places, gitOid } = file;
  const { sha256, bytes } = expected(file, bringing);
  if (offline) throw offlineError(handle);
  const part = await store.part(sha256 ?? gitOid ?? places[0]!.url);
  try {
    const arrived = await download({ file: path, places, sha256, bytes, gitOid }, part, {
      signal,
      patience,
      onProgress: (done, total) => onProgress?.(path, done, total),
    });
    return { part, arrived };
  } catch (error) {
    const known = pinned.some((one) => one.path === path);
    if (!(error instanceof IntegrityError) || !known) throw error;
    throw changed(handle, path, error.evidence.expected, error.evidence.actual);
  }
}

export function recordedOf(path: string, { sha256, bytes, url }: Arrived): RecordedFile {
  return { path, sha256, bytes, url };
}

/** What the file's bytes have to be: as they were pinned, else as the hub says. Throws IntegrityError where those differ. */
function expected(
  { path, sha256, bytes }: DescribedFile,
  { handle, pinned }: Bringing,
): { readonly sha256?: string | undefined; readonly bytes?: number | undefined } {
  const before = pinned.find((one) => one.path === path);
  if (before && sha256 !== undefined && before.sha256 !== sha256)
    throw changed(handle, path, before.sha256, sha256);
  return { sha256: before?.sha256 ?? sha256, bytes: before?.bytes ?? bytes };
}

function changed(handle: string, file: string, expected: string, actual: string): IntegrityError {
  return new IntegrityError(
    {
      what: `${file} of ${handle} has changed since it was first pulled:`,
      why: `${expected} was pinned, ${actual} is there now. Nothing of it was kept.`,
      next: `If that is right, forget the old one (tsugiki models rm ${handle}) and pull it again.`,
    },
    { file, expected, actual },
  );
}

export function offlineError(handle: string): OfflineError {
  return new OfflineError(
    {
      what: `${handle} is not on this machine, and the network may not be touched (--offline).`,
      next: `Run \`tsugiki models pull ${handle}\` while online, or copy the cache of a machine that has it.`,
    },
    { handle },
  );
}
