import { closeSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { JsonLines, writeJson, writePredictions } from "../train/observers/run-files-node.ts";
import { EventWriter, eventFileName } from "../train/observers/tensorboard.ts";
import type { Measured, TrainEvent } from "../train/run.ts";

/** The records of a run, beside its model. A run begun anew in the same folder replaces those of the last. */
export class RunFiles {
  readonly #out: string;
  readonly #metrics: JsonLines;
  readonly #eventFile: number;
  readonly #tensorboard: EventWriter;

  private constructor(out: string, metrics: JsonLines, eventFile: number) {
    this.#out = out;
    this.#metrics = metrics;
    this.#eventFile = eventFile;
    this.#tensorboard = new EventWriter((bytes) => writeSync(eventFile, bytes), Date.now);
  }

  static async create(out: string): Promise<RunFiles> {
    for (const name of readdirSync(out)) {
      if (name.startsWith("events.out.tfevents.")) rmSync(join(out, name));
    }
    const metrics = await JsonLines.open(join(out, "metrics.jsonl"), () => false);
    return new RunFiles(out, metrics, openSync(join(out, eventFileName(Date.now())), "w"));
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
    function* rows() {
      for (const [row, { sample }] of pictures.entries()) {
        const own = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
        const best = own.indexOf(Math.max(...own));
        yield {
          file: sample.id,
          label: sample.label,
          predicted: classes[best]!,
          probability: own[best]!,
          probabilities: own,
        };
      }
    }
    await writePredictions(join(this.#out, "predictions.csv"), classes, rows());
  }

  async writeRun(run: object): Promise<void> {
    await writeJson(join(this.#out, "run.json"), run);
  }

  close(): void {
    this.#metrics.close();
    closeSync(this.#eventFile);
  }
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
