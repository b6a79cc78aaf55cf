import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { reason } from "../../core/errors.ts";
import { CheckpointError } from "../errors.ts";
import {
  type Checkpoint,
  differences,
  type Identity,
  notOne,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import type { Moment } from "./loop-options.ts";
import { readTensors, type TensorFile, writeTensors } from "./safetensors.ts";
import type { StageState } from "./state.ts";
import type { Checkpoints, Found } from "./train-network.ts";

/** Seconds between two checkpoints, at least; and writing them takes no more than this share of the time. */
const [leastSeconds, mostShare] = [10, 0.05];

export interface CheckpointOptions {
  readonly file: string;
  /** Where it is written before it takes its place: on the same disk, in a folder that is swept after a kill. */
  readonly aside: string;
  readonly resume: boolean;
  /** Seconds between two checkpoints. Default: 10, more where writing one takes long. */
  readonly seconds?: number | undefined;
}

/** One file, replaced whole: whenever the process is killed, there is one complete checkpoint or none. */
export class CheckpointFile implements Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #identity: Identity;
  #written = performance.now();
  #cost = 0;
  #failed = false;
  /** Whether the file is another process's, which a stop in the first seconds must leave: it may have been a slip. */
  #passedOver = false;

  constructor(options: CheckpointOptions, identity: Identity) {
    this.#options = options;
    this.#identity = identity;
  }

  /** Throws CheckpointError where the file is none, or is of another training. */
  async load(): Promise<Found> {
    const { file, resume } = this.#options;
    if (!existsSync(file)) return { from: resume ? "nothing" : "start" };
    if (!resume) {
      this.#passedOver = true;
      return { from: "passed over", ...(await this.#whose()) };
    }
    const { state, identity } = await checkpointIn(file);
    const others = differences(identity, this.#identity);
    if (others.length === 0) return { from: "checkpoint", state };
    throw new CheckpointError(
      {
        what: `${file} is the checkpoint of another training.`,
        why: `They differ in: ${others.join(", ")}.`,
        next: "Resume with the same command, or train again without --resume.",
      },
      { file },
    );
  }

  /** Of a checkpoint that is passed over: where it stands and whether it is of this training; {} if it is not sound. */
  async #whose(): Promise<Omit<Extract<Found, { from: "passed over" }>, "from">> {
    try {
      const { state, identity } = await checkpointIn(this.#options.file);
      const { history, batch: step } = state;
      return { epochs: history.length, step, differs: differences(identity, this.#identity) };
    } catch {
      return {};
    }
  }

  /**
   * Throws CheckpointError where it cannot be written, once and at a stop: training can go on without, and what was
   * written before stays.
   */
  async keep(state: StageState, moment: Moment): Promise<boolean> {
    const began = performance.now();
    const isDue = began - this.#written >= 1000 * this.#pause;
    const isWanted = moment === "end" || (moment === "stop" && !this.#passedOver);
    if (!isDue && !isWanted) return false;
    const { file, aside } = this.#options;
    try {
      await write(aside, writeTensors(sealed(writeCheckpoint({ state, identity: this.#identity }))));
      await rename(aside, file);
      this.#passedOver = false;
      return true;
    } catch (cause) {
      // Half a checkpoint would hold room that the disk may lack.
      await rm(aside, { force: true }).catch(() => {});
      const again = this.#failed && moment !== "stop";
      this.#failed = true;
      if (again) return false;
      throw new CheckpointError(
        {
          what: `Cannot write the checkpoint ${file}:`,
          why: `${reason(cause)}.`,
          next: "Make room on the disk, or let the run's folder be another with --out.",
        },
        { file },
        { cause },
      );
    } finally {
      this.#written = performance.now();
      this.#cost = (this.#written - began) / 1000;
    }
  }

  get #pause(): number {
    return this.#options.seconds ?? Math.max(leastSeconds, this.#cost / mostShare);
  }

  async remove(): Promise<void> {
    await rm(this.#options.file, { force: true });
  }
}

/** The file with the sha256 of what it would be without one, header and tensors, in its metadata. */
function sealed({ tensors, metadata: { sha256: _, ...metadata } }: TensorFile): TensorFile {
  const hash = createHash("sha256");
  for (const chunk of writeTensors({ tensors, metadata })) hash.update(chunk);
  return { tensors, metadata: { ...metadata, sha256: hash.digest("hex") } };
}

async function write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const handle = await open(path, "w");
  try {
    for (const chunk of chunks) await handle.writeFile(chunk);
    // Else the new name could stand on disk before the bytes do.
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function checkpointIn(file: string): Promise<Checkpoint> {
  const found = await tensorsIn(file);
  const checkpoint = readCheckpoint(found, file);
  if (sealed(found).metadata.sha256 === found.metadata.sha256) return checkpoint;
  throw notOne(file, "its bytes do not give the sha256 in its header: it was damaged after it was written");
}

async function tensorsIn(file: string): Promise<TensorFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const from = handle;
    const { size } = await from.stat();
    const read = (offset: number, length: number) => readAt(from, offset, length);
    return await readTensors({ size, read }, (why) => notOne(file, why));
  } catch (error) {
    throw error instanceof CheckpointError ? error : notOne(file, reason(error), error);
  } finally {
    await handle?.close();
  }
}

/** What one call of the system reads, at most; it takes no more than 2 GiB. */
const mostAtOnce = 2 ** 30;

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(mostAtOnce, length - at), offset + at);
    if (bytesRead === 0) throw new Error("it became shorter while it was read");
    at += bytesRead;
  }
  return bytes;
}
