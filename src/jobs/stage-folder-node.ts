import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../core/folder-node.ts";
import { lives } from "../core/process-node.ts";

/** ".tsugiki-", the process, and a random end. */
const stageName = /^\.tsugiki-(\d+)-[0-9a-f]+$/;
/** Those of this process: after a restart in a container another may have had its number. */
const own = new Set<string>();

/** A new folder in a run's folder, where its files wait until they are whole; those of killed processes are removed. */
export async function createStage(out: string): Promise<string> {
  makeFolder(out);
  await removeStrays(out);
  const stage = join(out, `.tsugiki-${process.pid}-${randomBytes(6).toString("hex")}`);
  own.add(stage);
  await mkdir(stage);
  return stage;
}

async function removeStrays(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    const [, pid] = stageName.exec(name) ?? [];
    const path = join(out, name);
    if (pid === undefined || own.has(path)) continue;
    if (Number(pid) === process.pid || !lives(Number(pid))) await rm(path, { recursive: true, force: true });
  }
}
