import { reason, TsugikiError } from "../../core/errors.ts";
import { type Archive, type ArchiveFormat, type ArchiveLimits, damaged, usualLimits } from "./archive.ts";

export interface OpenArchiveOptions {
  readonly format: ArchiveFormat;
  /** What messages call it. */
  readonly name: string;
  readonly limits?: ArchiveLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks an archive through from end to end without writing anything. Throws ModelArchiveError for what is damaged, too much, or
 * leads out of it, and the signal's reason; so does its `unpack`.
 */
export async function openArchive(file: string, options: OpenArchiveOptions): Promise<Archive> {
  const { format, name, limits = usualLimits, signal } = options;
  const { entries, unpack } = await told(name, signal, async () => {
    // Both libraries are loaded by what needs them alone.
    if (format === "tar") return (await import("./tar-node.ts")).openTar(file, name, limits, signal);
    return (await import("./zip-node.ts")).openZip(file, name, limits, signal);
  });
  return { entries, unpack: (targets, stop) => told(name, stop, () => unpack(targets, stop)) };
}

async function told<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TsugikiError || isDisk(error)) throw error;
    throw damaged(name, reason(error), error);
  }
}

/** The disk's own errors say nothing of the archive. */
function isDisk(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
