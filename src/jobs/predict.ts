import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrent } from "../core/async.ts";
import { reason, UsageError } from "../core/errors.ts";
import { PictureError } from "../data/errors.ts";
import { isPictureName } from "../data/names.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { Classifier, type Prediction, type Ranked } from "./classifier-node.ts";

export interface PredictOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** Pictures, and folders that are searched for pictures. */
  readonly inputs: readonly string[];
  /** How many classes to answer, the best first. Default 5. */
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PredictedFile extends Ranked {
  readonly type: "predicted";
  readonly file: string;
  readonly top: readonly Ranked[];
  readonly prediction: Prediction;
  readonly done: number;
  readonly total: number;
}

/** A picture that could not be read; the others go on. */
export interface FailedFile {
  readonly type: "failed";
  readonly file: string;
  readonly reason: string;
  readonly done: number;
  readonly total: number;
}

/** From so many pictures on, starting an engine a core is worth its while. */
const many = 8;

/** Classifies pictures, in the order given; folders are searched to any depth, hidden files left out. */
export async function* predict(options: PredictOptions): AsyncGenerator<PredictedFile | FailedFile, void> {
  const { inputs, top = 5, signal } = options;
  if (!Number.isInteger(top) || top < 1) {
    throw new UsageError(
      { what: `--top ${top} means nothing.`, next: "Give a whole number from 1." },
      { option: "top", value: top },
    );
  }
  const files = (await Promise.all(inputs.map(picturesIn))).flat();
  const busy = files.length >= many;
  const classifier = await Classifier.load(options.model, { runs: busy ? "many" : "one" });
  try {
    const lanes = busy ? 2 * nodeRuntime().concurrency : 1;
    const results = mapConcurrent(files, lanes, async (file) => {
      signal?.throwIfAborted();
      try {
        return { file, prediction: await classifier.predict(file, { top }) };
      } catch (error) {
        if (!(error instanceof PictureError)) throw error;
        return { file, reason: error.evidence.reason };
      }
    });
    let done = 0;
    for await (const result of results) {
      done++;
      if (result.prediction === undefined) {
        const { file, reason } = result;
        yield { type: "failed", file, reason, done, total: files.length };
      } else {
        const { file, prediction } = result;
        const { label, probability, top: best } = prediction;
        yield {
          type: "predicted",
          file,
          label,
          probability,
          top: best,
          prediction,
          done,
          total: files.length,
        };
      }
    }
  } finally {
    await classifier.close();
  }
}

async function picturesIn(path: string): Promise<string[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new UsageError(
      { what: `Cannot open ${path}:`, why: `${reason(cause)}.`, next: "Check the path." },
      { option: "inputs", value: path },
    );
  });
  if (!info.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile() && isPictureName(entry.name) && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (found.length > 0) return found;
  throw new UsageError(
    { what: `There are no pictures in ${path}.`, next: "Name pictures, or a folder that holds some." },
    { option: "inputs", value: path },
  );
}
