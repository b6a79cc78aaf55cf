import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { reason, TsugikiError } from "../../core/errors.ts";
import type { Model } from "../../onnx/graph.ts";
import { loadModel, saveModel } from "../../onnx/load-node.ts";
import { CheckpointError } from "../errors.ts";
import { differences, type Identity, notOne, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { Moment } from "./loop-options.ts";
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
      return { from: "passed over" };
    }
    const { state, identity } = readCheckpoint(await modelIn(file), file);
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

  /** Throws ModelFileError, or CheckpointError, where it cannot be written. */
  async keep(state: StageState, moment: Moment): Promise<boolean> {
    const began = performance.now();
    const isDue = began - this.#written >= 1000 * this.#pause;
    if (!isDue && (moment !== "stop" || this.#passedOver)) return false;
    const { file, aside } = this.#options;
    await saveModel(aside, writeCheckpoint({ state, identity: this.#identity }));
    await rename(aside, file).catch((cause) => {
      const what = `Cannot put the checkpoint ${file} in its place:`;
      throw new CheckpointError({ what, why: `${reason(cause)}.` }, { file }, { cause });
    });
    this.#passedOver = false;
    this.#written = performance.now();
    this.#cost = (this.#written - began) / 1000;
    return true;
  }

  get #pause(): number {
    return this.#options.seconds ?? Math.max(leastSeconds, this.#cost / mostShare);
  }

  async remove(): Promise<void> {
    await rm(this.#options.file, { force: true });
  }
}

async function modelIn(file: string): Promise<Model> {
  try {
    return await loadModel(file);
  } catch (error) {
    if (error instanceof TsugikiError) throw notOne(file, tidied(error.parts.why ?? error.parts.what), error);
    throw error;
  }
}

function tidied(why: string): string {
  return why.replace(/[.:]$/, "");
}
