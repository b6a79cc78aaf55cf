import { closeSync, openSync, writeSync } from "node:fs";
import { readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { reason, UsageError } from "../core/errors.ts";
import { isOfLabels } from "../evaluate/label-report.ts";
import type { Model } from "../onnx/graph.ts";
import { saveModel } from "../onnx/load-node.ts";
import type { Identity } from "../train/network/checkpoint.ts";
import { CheckpointFile, type CheckpointOptions } from "../train/network/checkpoint-node.ts";
import { RecordError } from "../train/observers/errors.ts";
import { JsonLines, writeJson, writePredictions } from "../train/observers/run-files-node.ts";
import { scalarsOf } from "../train/observers/scalars.ts";
import { EventWriter, eventFileName } from "../train/observers/tensorboard.ts";
import type { Measured, TrainEvent } from "../train/run.ts";
import { classRows, labelRows } from "./prediction-rows.ts";
import { createStage } from "./stage-folder-node.ts";

/** The suffix that Tsugiki's own TensorBoard files bear: those of other programs in the folder are left alone. */
const ownEvents = /^events\.out\.tfevents\..*\.tsugiki$/;
const checkpointName = ".checkpoint.safetensors";

/**
 * A run's folder. Everything is written aside and put in place by `publish`, at the end: a run that fails or is stopped
 * leaves the folder, and a finished run in it, as they were.
 */
export class RunFiles {
  readonly out: string;
  readonly #stage: string;
  readonly #metrics: JsonLines;
  readonly #eventFile: number;
  readonly #tensorboard: EventWriter;
  #open = true;
  #checkpoint: CheckpointFile | undefined;

  private constructor(out: string, stage: string, metrics: JsonLines, eventFile: number) {
    this.out = out;
    this.#stage = stage;
    this.#metrics = metrics;
    this.#eventFile = eventFile;
    this.#tensorboard = new EventWriter((bytes) => writeSync(eventFile, bytes), Date.now);
  }

  /** Throws RecordError where the folder cannot be made or written to, UsageError where it would mix with `data`. */
  static async create(out: string, data: string): Promise<RunFiles> {
    refuseInside(out, data);
    try {
      const stage = await createStage(out);
      const metrics = await JsonLines.open(join(stage, "metrics.jsonl"));
      return new RunFiles(out, stage, metrics, openSync(join(stage, eventFileName(Date.now())), "w"));
    } catch (cause) {
      throw new RecordError(
        {
          what: `The run's folder ${JSON.stringify(out)} cannot be written to:`,
          why: `${reason(cause)}.`,
          next: "Name another with --out.",
        },
        { path: out },
        { cause },
      );
    }
  }

  /** Where training of the base is kept while it goes on; `publish` takes it away. */
  checkpoints(identity: Identity, options: Pick<CheckpointOptions, "resume" | "seconds">): CheckpointFile {
    const file = join(this.out, checkpointName);
    const aside = join(this.#stage, "checkpoint.safetensors");
    this.#checkpoint = new CheckpointFile({ ...options, file, aside }, identity);
    return this.#checkpoint;
  }

  /** Notes what an event says of training, single steps as a curve alone; progress and warnings are for the screen. */
  record(event: TrainEvent): void {
    const scalars = scalarsOf(event);
    if (scalars === undefined) return;
    if (event.type !== "step") this.#metrics.append(event);
    for (const [tag, value] of Object.entries(scalars.values)) {
      if (value !== undefined) this.#tensorboard.scalar(tag, scalars.step, value);
    }
  }

  /** predictions.csv: what the classifier says of each picture of the part behind the headline. */
  async writePredictions(classes: readonly string[], measured: Measured): Promise<void> {
    const multiLabel = isOfLabels(measured.evaluation);
    const rows = (multiLabel ? labelRows : classRows)(classes, measured);
    await writePredictions(join(this.#stage, "predictions.csv"), classes, rows, { multiLabel });
  }

  async writeModel(model: Model, classes: readonly string[]): Promise<void> {
    await saveModel(join(this.#stage, "model.onnx"), model);
    await writeFile(join(this.#stage, "labels.txt"), `${classes.join("\n")}\n`);
  }

  async writeRun(run: object): Promise<void> {
    await writeJson(join(this.#stage, "run.json"), run);
  }

  /** Puts the files in place of those of an earlier run in the same folder. */
  async publish(): Promise<void> {
    this.#close();
    const fresh = await readdir(this.#stage);
    for (const name of await readdir(this.out)) {
      if (ownEvents.test(name) || name === "predictions.csv") await rm(join(this.out, name));
    }
    for (const name of fresh) await rename(join(this.#stage, name), join(this.out, name));
    await rm(this.#stage, { recursive: true });
    await this.#checkpoint?.remove();
  }

  /** Throws away what was not published, but for a checkpoint; harmless after `publish`. */
  async discard(): Promise<void> {
    this.#close();
    await rm(this.#stage, { recursive: true, force: true });
    // Only if nothing else is there: a folder that the failed run made, without a checkpoint to go on from.
    await rmdir(this.out).catch(() => {});
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#metrics.close();
    closeSync(this.#eventFile);
  }
}

/** Whether a path is a folder, or lies below it. */
export function liesIn(path: string, folder: string): boolean {
  const inside = relative(resolve(folder), resolve(path));
  return !(inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside));
}

/** Throws UsageError: in the data's own folder the run's files would be strays, or a class, of the next run. */
export function refuseInside(out: string, data: string): void {
  if (out !== "" && !liesIn(out, data)) return;
  throw new UsageError(
    {
      what:
        out === ""
          ? "The run's folder has no name."
          : `The run's folder ${out} lies in the data's own folder.`,
      next: "Name another with --out.",
    },
    { option: "out", value: out },
  );
}
