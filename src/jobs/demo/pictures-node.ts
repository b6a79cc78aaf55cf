import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, sep } from "node:path";
import { mapConcurrent } from "../../core/async.ts";
import { UsageError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { decoderName } from "../../data/decode-sharp.ts";
import { isHiddenName } from "../../data/names.ts";
import { drawJpeg, planSvg } from "../../demo/draw-sharp.ts";
import type { Vendor } from "../../demo/emoji-node.ts";
import { licencesText } from "../../demo/licences.ts";
import type { Planned } from "../../demo/plan.ts";
import { writeJson } from "../../train/observers/run-files-node.ts";
import { createStage } from "../stage-folder-node.ts";

export interface DrawingEvent {
  readonly type: "drawing";
  readonly done: number;
  readonly total: number;
}

/** What was drawn into a folder, so that the demo knows its own pictures again. */
interface Drawn {
  /** sha256 of every picture's text and what turns it into pixels. */
  readonly recipe: string;
  readonly pictures: readonly { readonly file: string; readonly emoji: string; readonly tone: string }[];
}

const [recordName, licencesName] = ["drawn.json", "LICENSES.txt"];

/**
 * Draws the planned pictures into a folder, aside first and then put in place whole; the very same ones that stand there
 * already are left. Answers whether they were. Throws UsageError where the folder holds anything that the demo did not
 * draw, for it would be learned or lost, and the signal's reason.
 */
export async function* drawPictures(
  { folder, plan, vendors }: { folder: string; plan: readonly Planned[]; vendors: readonly Vendor[] },
  signal: AbortSignal | undefined,
): AsyncGenerator<DrawingEvent, { readonly reused: boolean }> {
  const recipe = await sha256(`${decoderName}\n${plan.map(planSvg).join("\n")}`);
  const found = await ownPictures(folder);
  if (found?.recipe === recipe && plan.every(({ file }) => existsSync(join(folder, file)))) {
    return { reused: true };
  }
  const stage = await createStage(dirname(folder));
  try {
    const folders = new Set(plan.map(({ file }) => dirname(file)));
    for (const each of folders) await mkdir(join(stage, each), { recursive: true });
    const drawn = mapConcurrent(plan, 2 * availableParallelism(), async (planned) => {
      signal?.throwIfAborted();
      await writeFile(join(stage, planned.file), await drawJpeg(planned));
    });
    let done = 0;
    for await (const _ of drawn) yield { type: "drawing", done: ++done, total: plan.length };
    await writeFile(join(stage, licencesName), licencesText(vendors));
    const pictures = plan.map(({ file, drawing: { emoji, tone } }) => ({ file, emoji, tone }));
    await writeJson(join(stage, recordName), { recipe, pictures } satisfies Drawn);
    await rm(folder, { recursive: true, force: true });
    await rename(stage, folder);
    return { reused: false };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The record of an earlier drawing, where the folder holds one and nothing else. */
async function ownPictures(folder: string): Promise<Drawn | undefined> {
  if (!existsSync(folder)) return undefined;
  const record = await readRecord(join(folder, recordName));
  const own = new Set([recordName, licencesName, ...(record?.pictures ?? []).map(({ file }) => file)]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && !isHiddenName(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length));
  const alien = files.find((file) => !own.has(file.split(sep).join("/")));
  if (alien === undefined) return record;
  throw new UsageError(
    {
      what: `${join(folder, alien)} was not drawn by the demo:`,
      why: `the pictures in ${folder} are the demo's own, and are drawn anew where others are wanted.`,
      next: "Move the file, or name another folder with --out.",
    },
    { option: "out", value: dirname(folder) },
  );
}

/** What does not parse is no record of ours: then nothing in the folder is known. */
async function readRecord(file: string): Promise<Drawn | undefined> {
  try {
    const { recipe, pictures }: Partial<Drawn> = JSON.parse(await readFile(file, "utf8"));
    return recipe !== undefined && Array.isArray(pictures) ? { recipe, pictures } : undefined;
  } catch {
    return undefined;
  }
}
