import { readClassifierRecord } from "../export/classifier.ts";
import { LoadedClassifier } from "../export/loaded-classifier.ts";
import type { ClassifyOptions, Prediction } from "../export/prediction.ts";
import { readModel } from "../onnx/read.ts";
import type { Runtime } from "../runtime/session.ts";
import { sightOf } from "../train/picture.ts";
import { type ModelSource, readModelFile } from "./model-file.ts";
import { type PictureSource, pixelsOf } from "./pixels.ts";

export interface LoadClassifierOptions {
  /** The engine: `webRuntime(ort)`. */
  readonly runtime: Pick<Runtime, "load">;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a classifier's `model.onnx`, whether Node or a page trained it. Throws ClassifierError when it is no classifier of
 * Tsugiki's, OnnxFormatError, DownloadError, EngineError, and the signal's reason.
 */
export function loadClassifier(source: ModelSource, options: LoadClassifierOptions): Promise<Classifier> {
  return Classifier.load(source, options);
}

/** A trained classifier, loaded and ready. Close it when done. */
export class Classifier extends LoadedClassifier {
  /** As `loadClassifier`. */
  static async load(source: ModelSource, { runtime, signal }: LoadClassifierOptions): Promise<Classifier> {
    const { name, bytes } = await readModelFile(source, signal);
    const record = readClassifierRecord(readModel(bytes), name);
    return new Classifier(name, record, await runtime.load(bytes, { runs: "many" }));
  }

  /**
   * Throws PictureError for what the browser cannot read and for strips that the classifier's fit cannot take, UsageError
   * for options and Pixels that mean nothing, ClassifierError once it is closed.
   */
  async predict(picture: PictureSource, options: ClassifyOptions = {}): Promise<Prediction> {
    return this.classify(() => this.#pixels(picture), options);
  }

  /** The picture's feature vector. Throws as `predict` does. */
  async embed(picture: PictureSource): Promise<Float32Array> {
    return this.embedding(() => this.#pixels(picture));
  }

  #pixels(picture: PictureSource) {
    return pixelsOf(picture, sightOf(this.record.preprocess));
  }
}
