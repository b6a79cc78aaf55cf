import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DiskSpaceError } from "./errors.ts";

/** Left free for the run's own files and for everybody else. */
const margin = 256 * 1024 ** 2;

/** Throws DiskSpaceError unless the disk that a folder is on, or will be made on, has so many bytes to spare. */
export async function ensureRoom(folder: string, needed: number): Promise<void> {
  const free = await freeAt(resolve(folder));
  if (needed === 0 || free === undefined || needed + margin <= free) return;
  const size = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new DiskSpaceError(
    {
      what: `The pictures' views behind the frozen part would take another ${size(needed)} on the disk, which has ${size(free)} free.`,
      why: `They are kept in ${folder}.`,
      next: "Ask for fewer (--views 2), for none (--views 0 runs the frozen part each epoch), or name a folder on another disk (--cache).",
    },
    { folder, needed, free },
  );
}

/** Bytes that this user may still write; undefined where the system does not say. */
async function freeAt(folder: string): Promise<number | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!missing || path === dirname(path)) return undefined;
    }
  }
}
