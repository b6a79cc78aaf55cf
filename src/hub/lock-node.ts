import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lives } from "../core/process-node.ts";

const claimName = /^(\d+)-[0-9a-f-]{36}$/;
/** The claims of this process: after a restart in a container another may have had its number. */
const own = new Set<string>();

/**
 * Runs `work` while no other process runs it under the same folder's name. A claim is a file of one's own; whoever sees
 * no other living claim beside it holds the lock, and who sees one takes his back and waits. The dead need no cleaning
 * before others go on, so nothing can be taken from the living by mistake.
 */
export async function locked<T>(
  folder: string,
  work: () => Promise<T>,
  { signal, onWait }: { readonly signal?: AbortSignal | undefined; readonly onWait?: () => void } = {},
): Promise<T> {
  const claim = join(folder, `${process.pid}-${randomUUID()}`);
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    if (!(await claimed(folder, claim))) {
      if (!told) onWait?.();
      told = true;
      // By chance, so that those who wait do not come back together.
      await sleep(50 + 200 * Math.random(), undefined, { ...(signal && { signal }) });
      continue;
    }
    try {
      return await work();
    } finally {
      await release(folder, claim);
    }
  }
}

async function claimed(folder: string, claim: string): Promise<boolean> {
  if (await isTaken(folder, claim)) return false;
  own.add(claim);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(claim, "", { flag: "wx" });
    if (!(await isTaken(folder, claim))) return true;
  } catch (error) {
    await release(folder, claim);
    // Somebody removed the empty folder in between, or while it was made: the next turn makes it again.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
  await release(folder, claim);
  return false;
}

async function isTaken(folder: string, claim: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const [, pid] = claimName.exec(name) ?? [];
    if (pid === undefined || path === claim) continue;
    if (Number(pid) === process.pid ? own.has(path) : lives(Number(pid))) return true;
    await rm(path, { force: true });
  }
  return false;
}

async function release(folder: string, claim: string): Promise<void> {
  own.delete(claim);
  await rm(claim, { force: true });
  // Only an empty folder goes.
  await rmdir(folder).catch(() => {});
}
