import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { floats, uint8 } from "../core/tensor.ts";
import { decode, decodeBytes } from "../data/decode-sharp.ts";
import type { Content, Pixels } from "../data/sample.ts";
import {
  type ClassifierRecord,
  embeddingOutput,
  probabilitiesOutput,
  readClassifierRecord,
} from "../export/classifier.ts";
import { ClassifierError } from "../export/errors.ts";
import { readModel } from "../onnx/read.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { LoadOptions, Session } from "../runtime/session.ts";
import { pixelsInput } from "../surgery/preprocess.ts";
import { oversampling } from "../train/extract.ts";

export interface Ranked {
  readonly label: string;
  readonly probability: number;
}

/** What a classifier says of one picture. */
export interface Prediction extends Ranked {
  /** The most probable classes, the best first. */
  readonly top: readonly Ranked[];
  /** Every class's probability, in the order of `Classifier.classes`. */
  readonly probabilities: Float32Array;
  /** The feature vector. */
  readonly embedding: Float32Array;
}

/** The model file of a run folder, or the file itself. */
export function classifierFile(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? join(path, "model.onnx") : path;
}

/** A trained classifier, loaded and ready. Close it when done. */
export class Classifier {
  readonly file: string;
  readonly record: ClassifierRecord;
  readonly #session: Session;

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
    const record = readClassifierRecord(readModel(bytes), file);
    return new Classifier(file, record, await nodeRuntime().load(bytes, options));
  }

  get classes(): readonly string[] {
    return this.record.labels;
  }

  /** Classifies a file, an encoded picture in memory, or pixels. Throws PictureError for what does not decode. */
  async predict(
    picture: string | Uint8Array | Pixels,
    options: { readonly top?: number } = {},
  ): Promise<Prediction> {
    const shrinkTo = oversampling * this.record.preprocess.size;
    if (typeof picture === "string") {
      const content: Content = { kind: "file", read: () => readFile(picture) };
      return this.predictPixels(await decode(content, { id: picture, shrinkTo }), options);
    }
    const pixels = picture instanceof Uint8Array ? await decodeBytes(picture, { shrinkTo }) : picture;
    return this.predictPixels(pixels, options);
  }

  async predictPixels(
    { width, height, data }: Pixels,
    options: { readonly top?: number } = {},
  ): Promise<Prediction> {
    const answer = await this.#session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    const probabilities = floats(answer[probabilitiesOutput]!);
    const top = Array.from(probabilities, (probability, i) => ({ label: this.classes[i]!, probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, options.top ?? 5);
    return { ...top[0]!, top, probabilities, embedding: floats(answer[embeddingOutput]!) };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
