import { floats, uint8 } from "../core/tensor.ts";
import { readModel } from "../onnx/read.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime, Session } from "../runtime/session.ts";
import {
  type Fit,
  fits,
  type Normalisation,
  type NormalisationName,
  normalisationNames,
  normalisations,
  pixelsInput,
} from "../surgery/preprocess.ts";
import {
  type PreprocessHints,
  preprocessFromMetadata,
  unknownPreprocess,
} from "../surgery/preprocess-config.ts";
import { type Backbone, prepareBackbone } from "../train/backbone.ts";
import { oneOf } from "../train/check-data.ts";
import { featureGraph } from "../train/extract.ts";
import { sightOf } from "../train/picture.ts";
import { type ModelSource, readModelFile } from "./model-file.ts";
import { type PictureSource, pixelsOf } from "./pixels.ts";

export interface LoadBaseOptions {
  /** The engine: `webRuntime(ort)`. */
  readonly runtime: Runtime;
  /** How pictures are normalised, where the model itself does not say: a usual way's name, or the numbers. */
  readonly preprocess?:
    | NormalisationName
    | (Normalisation & Pick<PreprocessHints, "size" | "fit">)
    | undefined;
  /** Side of the network's square in pixels; the model's own when left out. */
  readonly size?: number | undefined;
  /** How a picture that is not square becomes one. Default "cover". */
  readonly fit?: Fit | undefined;
  /** The tensor to take as feature vector; found when left out. */
  readonly cut?: string | undefined;
  /** What messages and records call it. Default: its file's name. */
  readonly name?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a pretrained ONNX classifier or feature extractor ready to graft on. Its constants and BatchNorm are left as they
 * are, for an engine in a browser cannot hand out what it folded.
 * Throws UsageError, PreprocessError where nothing says how pictures are normalised, BackboneError for a network that has
 * no feature vector or does not run, OnnxFormatError, DownloadError, and the signal's reason.
 */
export async function loadBase(source: ModelSource, options: LoadBaseOptions): Promise<Base> {
  const { runtime, preprocess, fit, size, cut, signal } = options;
  if (typeof preprocess === "string") oneOf("preprocess", preprocess, normalisationNames);
  if (fit !== undefined) oneOf("fit", fit, fits);
  const file = await readModelFile(source, signal);
  const { name = file.name } = options;
  const model = readModel(file.bytes);
  const stated = typeof preprocess === "string" ? normalisations[preprocess] : preprocess;
  const hints = stated ? { ...stated, source: "preprocess" } : preprocessFromMetadata(model.metadata);
  if (hints === undefined) throw unknownPreprocess(name);
  const unfolded: Runtime = { ...runtime, optimise: async (bytes) => bytes };
  const backbone = await prepareBackbone(
    model,
    {
      name,
      preprocess: hints,
      ...(size !== undefined && { size }),
      ...(fit !== undefined && { fit }),
      ...(cut !== undefined && { cut }),
    },
    unfolded,
  );
  signal?.throwIfAborted();
  return new Base(backbone, file.bytes, runtime);
}

/** A pretrained network, ready to graft on: pictures in, feature vectors out. Close it when done. */
export class Base {
  readonly backbone: Backbone;
  /** The file that it came from. */
  readonly file: Uint8Array;
  readonly runtime: Runtime;
  #session: Promise<Session> | undefined;

  constructor(backbone: Backbone, file: Uint8Array, runtime: Runtime) {
    this.backbone = backbone;
    this.file = file;
    this.runtime = runtime;
  }

  get name(): string {
    return this.backbone.name;
  }

  /** Length of a feature vector. */
  get width(): number {
    return this.backbone.width;
  }

  /** A picture's feature vector. Throws PictureError for what the browser cannot read, UsageError for senseless Pixels. */
  async embed(picture: PictureSource): Promise<Float32Array> {
    const { width, height, data } = await pixelsOf(picture, sightOf(this.backbone.preprocess));
    this.#session ??= this.runtime.load(writeModel(featureGraph(this.backbone)), { runs: "many" });
    const session = await this.#session;
    const answer = await session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    return floats(answer[this.backbone.output]!);
  }

  /** Frees the engine that `embed` loaded; another `embed` loads it again. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await (await session)?.release();
  }
}
