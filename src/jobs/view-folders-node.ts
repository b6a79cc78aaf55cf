import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../core/folder-node.ts";
import { lives } from "../core/process-node.ts";

/** What earlier trainings left may take so many bytes beside the views of the one that begins. */
const usualBudget = 8 * 1024 ** 3;

const keyName = /^[0-9a-f]{64}$/;
/** A mark in a folder of views: the process that uses it, and a random end. */
const markName = /^(\d+)-[0-9a-f-]+\.used$/;
/** The marks of this process: after a restart in a container another may have had its number. */
const own = new Set<string>();

interface Folder {
  readonly path: string;
  readonly bytes: number;
  /** When its views were last computed, taken or let go of, in milliseconds. */
  readonly used: number;
}

/**
 * The folder of views that belongs to a key, marked as used until `release`. Views are of one training's seed,
 * augmentation and cut and take up to gigabytes, so those of other trainings are removed first, the longest unused of
 * them, as far as they take more than `budget` bytes together; what a living process uses stays.
 */
export function takeViewFolder(
  parent: string,
  key: string,
  budget = usualBudget,
): { readonly folder: string; release(): void } {
  const folder = join(parent, key);
  const mark = join(folder, `${process.pid}-${randomUUID()}.used`);
  orLeave(() => {
    makeFolder(folder);
    // Also says when the folder was last used: an entry made or removed sets its time.
    fs.writeFileSync(mark, "");
    own.add(mark);
  });
  orLeave(() => removeBeyond(parent, budget));
  return {
    folder,
    release: () => {
      own.delete(mark);
      orLeave(() => fs.rmSync(mark, { force: true }));
    },
  };
}

function removeBeyond(parent: string, budget: number): void {
  const names = fs.readdirSync(parent);
  // A process that was killed while it removed them.
  for (const name of names) {
    if (name.endsWith(".removed"))
      orLeave(() => fs.rmSync(join(parent, name), { recursive: true, force: true }));
  }
  const unused = names
    .filter((name) => keyName.test(name))
    .map((name) => join(parent, name))
    .filter((path) => !inUse(path))
    .map(folderAt)
    .sort((a, b) => b.used - a.used);
  let bytes = 0;
  for (const folder of unused) {
    bytes += folder.bytes;
    if (bytes > budget) orLeave(() => remove(folder.path));
  }
}

function folderAt(path: string): Folder {
  const sizes = fs
    .readdirSync(path)
    .map((name) => fs.statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { path, bytes, used: fs.statSync(path).mtimeMs };
}

function inUse(path: string): boolean {
  return fs.readdirSync(path).some((name) => {
    const [, pid] = markName.exec(name) ?? [];
    if (pid === undefined) return false;
    return Number(pid) === process.pid ? own.has(join(path, name)) : lives(Number(pid));
  });
}

/** Out of the way first, so that nobody opens what is half gone. */
function remove(path: string): void {
  const away = `${path}.removed`;
  fs.rmSync(away, { recursive: true, force: true });
  fs.renameSync(path, away);
  fs.rmSync(away, { recursive: true, force: true });
}

/** Room on the disk is made where that can be done; where it cannot, training goes on all the same. */
function orLeave(action: () => void): void {
  try {
    action();
  } catch {
    // A folder that cannot be written is told of by the store itself.
  }
}
