import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { floats, type Tensor, uint8 } from "../core/tensor.ts";
import { decode } from "../data/decode-sharp.ts";
import type { Pixels } from "../data/sample.ts";
import { labelThreshold } from "../evaluate/per-label.ts";
import {
  type ClassifierRecord,
  embeddingOutput,
  probabilitiesOutput,
  readClassifierRecord,
  strangenessOutput,
  unknownOutput,
} from "../export/classifier.ts";
import { ClassifierError } from "../export/errors.ts";
import type { Model } from "../onnx/graph.ts";
import { readModel } from "../onnx/read.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { LoadOptions, Session } from "../runtime/session.ts";
import { pixelsInput } from "../surgery/preprocess.ts";
import { decodePicture, loadPicture, refuseStrips, sightOf } from "../train/picture.ts";
import { ruleOf, setOf } from "./prediction-set.ts";

export interface Ranked {
  readonly label: string;
  readonly probability: number;
}

/** What a classifier says of one picture. */
export interface Prediction extends Ranked {
  /** The most probable classes, the best first. */
  readonly top: readonly Ranked[];
  /** Of a classifier of several labels at once: those at or above 0.5, the most probable first; perhaps none. */
  readonly labels?: readonly Ranked[];
  /** Every class's probability, in the order of `Classifier.classes`. */
  readonly probabilities: Float32Array;
  /** The feature vector. */
  readonly embedding: Float32Array;
  /** Whether the picture is none of the classes; left out where the classifier was trained on too little to tell. */
  readonly unknown?: boolean;
  /** How strange the picture is: `unknown` above `threshold`. */
  readonly strangeness?: number;
  readonly threshold?: number;
  /** Where a coverage was asked for: the classes that it may be, the most probable first. Empty: none fits well. */
  readonly set?: readonly Ranked[];
}

/** The model file of a run folder, or the file itself. */
export function classifierFile(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? join(path, "model.onnx") : path;
}

/** A classifier's file as it was read, `path` being a run's folder or a `model.onnx`. Throws ClassifierError for others. */
export async function readClassifierFile(path: string): Promise<{
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly model: Model;
  readonly record: ClassifierRecord;
}> {
  const file = classifierFile(path);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ClassifierError(
      {
        what: `There is no classifier at ${path}.`,
        next: "Give the folder of a run, or its model.onnx; `tsugiki train` makes one.",
      },
      { file },
      { cause },
    );
  });
  const model = readModel(bytes);
  return { file, bytes, model, record: readClassifierRecord(model, file) };
}

/**
 * What a classifier looks at: a file, an encoded picture in memory, or pixels as they are. Throws PictureError for what
 * does not decode and for strips that its fit cannot take, UsageError for pixels that mean nothing.
 */
export async function pixelsOf(
  picture: string | Uint8Array | Pixels,
  { preprocess }: ClassifierRecord,
): Promise<Pixels> {
  const sight = sightOf(preprocess);
  if (typeof picture !== "string" && !(picture instanceof Uint8Array)) {
    checkPixels(picture);
    refuseStrips(picture, sight.fit, "picture");
    return picture;
  }
  const id = typeof picture === "string" ? picture : "picture";
  const read = async (): Promise<Uint8Array> => (typeof picture === "string" ? readFile(picture) : picture);
  return decodePicture(await loadPicture(id, { kind: "file", read }), sight, decode);
}

export interface ClassifyOptions {
  /** How many classes to answer, the best first: a whole number from 1. Default 5. */
  readonly top?: number;
  /** Answer the prediction set that holds the truth with this chance, of those that the classifier has rules for. */
  readonly coverage?: number;
}

/** Throws UsageError unless so many classes can be answered. */
export function checkTop(top: number): void {
  if (Number.isInteger(top) && top >= 1) return;
  throw new UsageError(
    { what: `The ${top} most probable classes mean nothing.`, next: "Give top as a whole number from 1." },
    { option: "top", value: top },
  );
}

/** A trained classifier, loaded and ready. Close it when done. */
export class Classifier {
  readonly file: string;
  readonly record: ClassifierRecord;
  readonly #session: Session;
  readonly #underway = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  private constructor(file: string, record: ClassifierRecord, session: Session) {
    this.file = file;
    this.record = record;
    this.#session = session;
  }

  /**
   * Loads a run's folder or a `model.onnx`. `runs: "many"` suits many pictures, predicted several at a time.
   * Throws ClassifierError when it is no classifier of Tsugiki's.
   */
  static async load(path: string, options: LoadOptions = {}): Promise<Classifier> {
    const { file, bytes, record } = await readClassifierFile(path);
    return new Classifier(file, record, await nodeRuntime().load(bytes, options));
  }

  get classes(): readonly string[] {
    return this.record.labels;
  }

  /** Whether a picture may have several labels at once, or none. */
  get multiLabel(): boolean {
    return this.record.task === "multi-label";
  }

  /** Throws ClassifierError unless it can tell what is none of its classes. */
  ensureUnknown(): void {
    if (this.record.unknown !== undefined) return;
    throw new ClassifierError(
      {
        what: `${this.file} cannot tell what is none of its classes.`,
        why: "It was trained by an earlier version, or with too few validation pictures for a threshold.",
        next: "Train again; run.json says under `unknown` how many validation pictures it takes.",
      },
      { file: this.file },
    );
  }

  /**
   * Classifies a file, an encoded picture in memory, or pixels. Throws PictureError for what does not decode and for
   * strips that the classifier's fit cannot take, UsageError for options and pixels that mean nothing, ClassifierError
   * once it is closed.
   */
  async predict(picture: string | Uint8Array | Pixels, options: ClassifyOptions = {}): Promise<Prediction> {
    this.#checkUse(options);
    const prediction = this.#predicted(picture, options);
    this.#underway.add(prediction);
    return prediction.finally(() => this.#underway.delete(prediction));
  }

  async #predicted(
    picture: string | Uint8Array | Pixels,
    { top = 5, coverage }: ClassifyOptions,
  ): Promise<Prediction> {
    const { width, height, data } = await pixelsOf(picture, this.record);
    const answer = await this.#session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    const probabilities = floats(answer[probabilitiesOutput]!);
    const ranked = Array.from(probabilities, (probability, i) => ({
      label: this.classes[i]!,
      probability,
    })).sort((a, b) => b.probability - a.probability);
    const labels = ranked.filter(({ probability }) => probability >= labelThreshold);
    const several = this.multiLabel && { labels };
    const set = coverage !== undefined && { set: setOf(ranked, ruleOf(this.record, coverage, this.file)) };
    const embedding = floats(answer[embeddingOutput]!);
    return {
      ...ranked[0]!,
      top: ranked.slice(0, top),
      ...several,
      probabilities,
      embedding,
      ...this.#strange(answer),
      ...set,
    };
  }

  /** Waits for the predictions under way and frees the engine. Closing twice does no harm. */
  async close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underway).then(() => this.#session.release());
    await this.#closed;
  }

  /** What the graph says of how strange the picture is; it alone decides what is unknown. */
  #strange(
    answer: Readonly<Record<string, Tensor>>,
  ): Pick<Prediction, "unknown" | "strangeness" | "threshold"> {
    const { unknown } = this.record;
    const [score, verdict] = [answer[strangenessOutput], answer[unknownOutput]];
    if (unknown === undefined || !score || !verdict) return {};
    return {
      unknown: verdict.bytes[0] === 1,
      strangeness: floats(score)[0]!,
      threshold: unknown.threshold,
    };
  }

  #checkUse({ top, coverage }: ClassifyOptions): void {
    if (top !== undefined) checkTop(top);
    if (coverage !== undefined) ruleOf(this.record, coverage, this.file);
    if (this.#closed === undefined) return;
    throw new ClassifierError(
      { what: `The classifier ${this.file} is closed.`, next: "Load it again with Classifier.load." },
      { file: this.file },
    );
  }
}

function checkPixels({ width, height, data }: Pixels): void {
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1;
  if (isSide(width) && isSide(height) && data.length === width * height * 3) return;
  throw new UsageError(
    {
      what: `Pixels of ${width} x ${height} come with ${data.length} bytes.`,
      why: "They are whole sides from 1, and width x height x 3 bytes: red, green, blue, row by row.",
      next: "Take out a channel of transparency, or pass the encoded picture itself.",
    },
    { option: "pixels", value: { width, height, bytes: data.length } },
  );
}
