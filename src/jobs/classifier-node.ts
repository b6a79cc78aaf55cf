import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DecodeOptions, decode } from "../data/decode-sharp.ts";
import { checkPixels } from "../data/pixels.ts";
import type { Pixels } from "../data/sample.ts";
import { type ClassifierRecord, readClassifierRecord } from "../export/classifier.ts";
import { ClassifierError } from "../export/errors.ts";
import { LoadedClassifier } from "../export/loaded-classifier.ts";
import type { ClassifyOptions, Prediction } from "../export/prediction.ts";
import type { Model } from "../onnx/graph.ts";
import { readModel } from "../onnx/read.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { LoadOptions } from "../runtime/session.ts";
import { decodePicture, loadPicture, refuseStrips, sightOf } from "../train/picture.ts";

export type { Prediction, Ranked } from "../export/prediction.ts";

/** What decoding one picture may take; of encoded pictures only. */
export type DecodeLimits = Pick<DecodeOptions, "limitPixels" | "limitSeconds">;

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
  { limitPixels, limitSeconds }: DecodeLimits = {},
): Promise<Pixels> {
  const sight = sightOf(preprocess);
  if (typeof picture !== "string" && !(picture instanceof Uint8Array)) {
    checkPixels(picture);
    refuseStrips(picture, sight.fit, "picture");
    return picture;
  }
  const id = typeof picture === "string" ? picture : "picture";
  const read = async (): Promise<Uint8Array> => (typeof picture === "string" ? readFile(picture) : picture);
  const loaded = await loadPicture(id, { kind: "file", read });
  const limits = { ...(limitPixels && { limitPixels }), ...(limitSeconds && { limitSeconds }) };
  return decodePicture(loaded, sight, (content, options) => decode(content, { ...options, ...limits }));
}

/** A trained classifier, loaded and ready. Close it when done. */
export class Classifier extends LoadedClassifier {
  /**
   * Loads a run's folder or a `model.onnx`. `runs: "many"` suits many pictures, predicted several at a time.
   * Throws ClassifierError when it is no classifier of Tsugiki's.
   */
  static async load(path: string, options: LoadOptions = {}): Promise<Classifier> {
    const { file, bytes, record } = await readClassifierFile(path);
    return new Classifier(file, record, await nodeRuntime().load(bytes, options));
  }

  /**
   * Classifies a file, an encoded picture in memory, or pixels. Throws PictureError for what does not decode and for
   * strips that the classifier's fit cannot take, UsageError for options and pixels that mean nothing, ClassifierError
   * once it is closed.
   */
  async predict(
    picture: string | Uint8Array | Pixels,
    options: ClassifyOptions & DecodeLimits = {},
  ): Promise<Prediction> {
    return this.classify(() => pixelsOf(picture, this.record, options), options);
  }
}
