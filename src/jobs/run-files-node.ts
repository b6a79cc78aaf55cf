import { randomBytes } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { reason, UsageError } from "../core/errors.ts";
import { predictedClasses } from "../evaluate/accuracy.ts";
import type { Model } from "../onnx/graph.ts";
import { saveModel } from "../onnx/load-node.ts";
import { RecordError } from "../train/observers/errors.ts";
import { JsonLines, writeJson, writePredictions } from "../train/observers/run-files-node.ts";
import { EventWriter, eventFileName } from "../train/observers/tensorboard.ts";
import type { Measured, TrainEvent } from "../train/run.ts";

/** The suffix that Tsugiki's own TensorBoard files bear: those of other programs in the folder are left alone. */
const ownEvents = /^events\.out\.tfevents\..*\.tsugiki$/;
const stagePrefix = ".tsugiki-";

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
    const stage = join(out, `${stagePrefix}${randomBytes(6).toString("hex")}`);
    try {
      await mkdir(stage, { recursive: true });
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

  /** Notes what an event says of training; progress and warnings are for the screen alone. */
  record(event: TrainEvent): void {
    const scalars = scalarsOf(event);
    if (scalars === undefined) return;
    this.#metrics.append(event);
    for (const [tag, value] of Object.entries(scalars.values)) {
      if (value !== undefined) this.#tensorboard.scalar(tag, scalars.step, value);
    }
  }

  /** predictions.csv: what the classifier says of each picture of the part behind the headline. */
  async writePredictions(classes: readonly string[], { pictures, probabilities }: Measured): Promise<void> {
    const best = predictedClasses(probabilities, classes.length);
    function* rows() {
      for (const [row, { sample }] of pictures.entries()) {
        const own = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
        const predicted = best[row]!;
        yield {
          file: sample.id,
          label: sample.label,
          predicted: classes[predicted]!,
          probability: own[predicted]!,
          probabilities: own,
        };
      }
    }
    await writePredictions(join(this.#stage, "predictions.csv"), classes, rows());
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
  }

  /** Throws away what was not published; harmless after `publish`. */
  async discard(): Promise<void> {
    this.#close();
    await rm(this.#stage, { recursive: true, force: true });
    // Only if nothing else is there: a folder that the failed run made.
    await rmdir(this.out).catch(() => {});
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#metrics.close();
    closeSync(this.#eventFile);
  }
}

/** In the data's own folder the run's files would be strays, or a class, of the next run. */
function refuseInside(out: string, data: string): void {
  const path = relative(resolve(data), resolve(out));
  const outside = path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path);
  if (out !== "" && outside) return;
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

interface Scalars {
  readonly step: number;
  readonly values: Readonly<Record<string, number | undefined>>;
}

function scalarsOf(event: TrainEvent): Scalars | undefined {
  switch (event.type) {
    case "solve":
      return {
        step: event.step,
        values: {
          "loss/train": event.trainLoss,
          "loss/val": event.valLoss,
          "accuracy/val": event.valAccuracy,
          regularisation: event.regularisation,
        },
      };
    case "epoch":
      return {
        step: event.epoch,
        values: {
          "loss/train": event.loss,
          "loss/val": event.valLoss,
          "accuracy/train": event.accuracy,
          "accuracy/val": event.valAccuracy,
          "learning rate": event.learningRate,
        },
      };
    case "evaluated":
      return { step: 0, values: { [`accuracy/final ${event.part}`]: event.evaluation.accuracy } };
    default:
      return undefined;
  }
}
