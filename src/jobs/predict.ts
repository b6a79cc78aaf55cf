import { stat } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrent } from "../core/async.ts";
import { reason, UsageError } from "../core/errors.ts";
import { isPictureName } from "../data/names.ts";
import { openDiskTree } from "../data/tree-disk.ts";
import { checkTop } from "../export/prediction.ts";
import { ruleOf } from "../export/prediction-set.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { orSkipped, type SkippedPicture } from "../train/picture.ts";
import { Classifier, type Prediction, type Ranked } from "./classifier-node.ts";

export interface PredictOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** Pictures, and folders that are searched for pictures. */
  readonly inputs: readonly string[];
  /** How many classes to answer, the best first. Default 5. */
  readonly top?: number | undefined;
  /** Answer which pictures are none of the classes. Throws ClassifierError where the classifier cannot tell. */
  readonly unknown?: boolean | undefined;
  /** Answer prediction sets that hold the truth with this chance, of those that the classifier has rules for. */
  readonly coverage?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PredictedFile extends Ranked {
  readonly type: "predicted";
  readonly file: string;
  readonly top: readonly Ranked[];
  /** Of a classifier of several labels at once: those at or above 0.5, the most probable first; perhaps none. */
  readonly labels?: readonly Ranked[];
  /** Where asked for: whether it is none of the classes, which it is where its strangeness is above the threshold. */
  readonly unknown?: boolean;
  readonly strangeness?: number;
  readonly threshold?: number;
  /** Where a coverage was asked for: the classes that it may be, the most probable first; perhaps none. */
  readonly set?: readonly Ranked[];
  readonly prediction: Prediction;
  readonly done: number;
  readonly total: number;
}

/** A picture or folder that could not be read; the others go on. */
export interface FailedFile {
  readonly type: "failed";
  readonly file: string;
  readonly reason: string;
  readonly done: number;
  readonly total: number;
}

/** From so many pictures on, starting an engine a core is worth its while. */
const many = 8;

const noPictures = "there are no pictures in it";

/**
 * Classifies pictures, in the order given; folders are searched to any depth, hidden files and folders left out.
 * Throws UsageError where none of the inputs holds a picture, ClassifierError for a model that is none.
 */
export async function* predict(options: PredictOptions): AsyncGenerator<PredictedFile | FailedFile, void> {
  const { inputs, top = 5, unknown = false, coverage, signal } = options;
  checkTop(top);
  const files: (string | SkippedPicture)[] = [];
  for (const found of await Promise.all(inputs.map((input) => picturesIn(input, signal)))) {
    // Not spread into push: a folder may hold more names than a call takes arguments.
    for (const file of found) files.push(file);
  }
  refuseAllMissing(files);
  const busy = files.length >= many;
  const classifier = await Classifier.load(options.model, { runs: busy ? "many" : "one" });
  try {
    if (unknown) classifier.ensureUnknown();
    if (coverage !== undefined) ruleOf(classifier.record, coverage, classifier.file);
    const asked = { top, ...(coverage !== undefined && { coverage }) };
    const lanes = busy ? 2 * nodeRuntime().concurrency : 1;
    const results = mapConcurrent(files, lanes, async (file) => {
      signal?.throwIfAborted();
      if (typeof file !== "string") return file;
      return orSkipped(file, async () => ({ file, prediction: await classifier.predict(file, asked) }));
    });
    let done = 0;
    for await (const result of results) {
      const count = { done: ++done, total: files.length };
      if ("reason" in result) {
        yield { type: "failed", ...result, ...count };
      } else {
        const { file, prediction } = result;
        yield { type: "predicted", file, ...answerOf(prediction, unknown), prediction, ...count };
      }
    }
  } finally {
    await classifier.close();
  }
}

/** What is told of a picture beside the whole prediction: strangeness only where it was asked for. */
function answerOf(prediction: Prediction, tellsUnknown: boolean) {
  const { label, probability, top, labels, unknown, strangeness, threshold, set } = prediction;
  return {
    label,
    probability,
    top,
    ...(labels && { labels }),
    ...(tellsUnknown &&
      unknown !== undefined &&
      strangeness !== undefined &&
      threshold !== undefined && { unknown, strangeness, threshold }),
    ...(set && { set }),
  };
}

/** The pictures that an input names, or why there are none. */
async function picturesIn(
  path: string,
  signal: AbortSignal | undefined,
): Promise<(string | SkippedPicture)[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const tree = openDiskTree(path, { ...(signal && { signal }) });
    const { files } = await tree.list();
    const found = files.filter((file) => isPictureName(file.path)).map((file) => join(path, file.path));
    return found.length > 0 ? found : [{ file: path, reason: noPictures }];
  } catch (error) {
    signal?.throwIfAborted();
    return [{ file: path, reason: reason(error) }];
  }
}

/** One wrong path among many is reported like a bad picture; nothing but wrong paths is a command mistyped. */
function refuseAllMissing(files: readonly (string | SkippedPicture)[]): void {
  const [first] = files;
  if (first === undefined) {
    throw new UsageError(
      { what: "There is nothing to classify.", next: "Name pictures, or a folder that holds some." },
      { option: "inputs", value: [] },
    );
  }
  if (typeof first === "string" || files.some((file) => typeof file === "string")) return;
  const others = files.length > 1 ? ` nor any of the ${files.length} named` : "";
  throw new UsageError(
    {
      what: `Cannot ${first.reason === noPictures ? "classify" : "open"} ${first.file}${others}:`,
      why: `${first.reason}.`,
      next: "Name pictures, or a folder that holds some.",
    },
    { option: "inputs", value: first.file },
  );
}
