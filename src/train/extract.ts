import { mapConcurrent } from "../core/async.ts";
import { sha256 } from "../core/hash.ts";
import { floats, uint8 } from "../core/tensor.ts";
import { PictureError } from "../data/errors.ts";
import { fingerprintBytes } from "../data/fingerprint.ts";
import { type Labelling, truthOf } from "../data/labelling.ts";
import type { RowStore } from "../data/row-store.ts";
import type { Sample } from "../data/sample.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime, Session } from "../runtime/session.ts";
import { featuresOutput } from "../surgery/feature-vector.ts";
import { join } from "../surgery/join.ts";
import { pixelsInput, preprocessedOutput, preprocessGraph } from "../surgery/preprocess.ts";
import { sideBySide } from "../surgery/side-by-side.ts";
import type { Backbone } from "./backbone.ts";
import type { FeatureSet } from "./features.ts";
import { KnownFiles } from "./known-files.ts";
import {
  type Decode,
  decodePicture,
  fingerprintPicture,
  loadPicture,
  orSkipped,
  oversampling,
  pictureVersion,
  type SkippedPicture,
  sightOf,
} from "./picture.ts";

export type { SkippedPicture } from "./picture.ts";

/**
 * What rows are of: "features" (the usual), "files", "thumbnails" and "heat-maps", small and of use to later runs; "views" of one
 * training's pictures, up to gigabytes, which may be removed once no training has used them for long.
 */
export type RowKind = "features" | "files" | "thumbnails" | "heat-maps" | "views";

/** Opens the store of rows of this length that belongs to a key. */
export type OpenStore = (key: string, rowBytes: number, kind?: RowKind) => RowStore;

/** A picture that could be read. */
export interface Picture {
  readonly sample: Sample;
  /** sha256 of its bytes. */
  readonly hash: string;
  /** Perceptual hash, for finding its near-duplicates. */
  readonly fingerprint: Uint8Array;
}

/** Pictures whose features are known so far, those found in the cache among them. */
export interface FeaturesEvent {
  readonly type: "features";
  readonly done: number;
  readonly total: number;
  readonly cached: number;
  /** The base whose features they are, where there are several: its place counts from 1. */
  readonly base?: { readonly name: string; readonly place: number; readonly of: number };
}

export interface SkippedEvent extends SkippedPicture {
  readonly type: "skipped";
}

export interface Extracted {
  readonly pictures: readonly Picture[];
  readonly skipped: readonly SkippedPicture[];
  /** Those of the pictures' samples that were found in the cache. */
  readonly cached: ReadonlySet<Sample>;
}

export interface ExtractOptions {
  readonly backbone: Backbone;
  readonly runtime: Runtime;
  readonly decode: Decode;
  /** The decoder's name and version: another one may give other pixels, so features are kept apart by it. */
  readonly decoderName?: string | undefined;
  readonly openStore: OpenStore;
  /** Stop at the first picture that cannot be read instead of passing it over. */
  readonly strict?: boolean;
  /** What events say of the base. */
  readonly label?: FeaturesEvent["base"];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The graph from uint8 pixels of any size to the feature vector: what training, evaluation and the artefact run. Of
 * several backbones the vectors stand side by side.
 */
export function featureGraph(...backbones: readonly [Backbone, ...Backbone[]]): Model {
  const graphs = backbones.map(({ preprocess, model, input }) => {
    const pictures = preprocessGraph(preprocess, model.opsets.get("") ?? 0);
    return join(pictures, model, { [input]: preprocessedOutput });
  });
  return sideBySide(graphs, featuresOutput);
}

/** Feature vectors of pictures, each computed once: what the store holds already is not computed again. */
export class FeatureExtractor {
  readonly #options: ExtractOptions;
  readonly #graph: Model;
  readonly #store: RowStore;
  readonly #files: KnownFiles;
  #session: Promise<Session> | undefined;

  private constructor(options: ExtractOptions, graph: Model, store: RowStore, files: KnownFiles) {
    this.#options = options;
    this.#graph = graph;
    this.#store = store;
    this.#files = files;
  }

  /** Opens the store that belongs to this backbone, cut, preprocessing, engine and decoder. */
  static async open(options: ExtractOptions): Promise<FeatureExtractor> {
    const graph = featureGraph(options.backbone);
    const file = writeModel(graph);
    const { runtime, decoderName = "" } = options;
    const pictures = `${oversampling} ${pictureVersion} ${decoderName}`;
    const key = await sha256(`${await sha256(file)} ${runtime.name} ${pictures}`);
    const { openStore, backbone } = options;
    const files = await KnownFiles.open(openStore);
    return new FeatureExtractor(options, graph, openStore(key, rowBytes(backbone.width)), files);
  }

  /** Sees to it that every picture's features are in the store. Throws PictureError under `strict`. */
  async *extract(samples: readonly Sample[]): AsyncGenerator<FeaturesEvent | SkippedEvent, Extracted> {
    const { strict = false, label, signal, runtime } = this.#options;
    const pictures: Picture[] = [];
    const skipped: SkippedPicture[] = [];
    const cached = new Set<Sample>();
    // Twice as many as the engines take: while those run, the next are read and decoded.
    const lanes = 2 * runtime.concurrency;
    const results = mapConcurrent(samples, lanes, async (sample) => {
      signal?.throwIfAborted();
      return orSkipped(sample.id, () => this.#one(sample), { strict });
    });
    try {
      for await (const result of results) {
        if ("reason" in result) {
          skipped.push(result);
          yield { type: "skipped", ...result };
        } else {
          pictures.push(result.picture);
          if (result.cached) cached.add(result.picture.sample);
        }
        const done = pictures.length + skipped.length;
        const base = label && { base: label };
        yield { type: "features", done, total: samples.length, cached: cached.size, ...base };
      }
    } finally {
      // A full disk fails the flush, and threads that stayed behind would keep the process from ever ending.
      try {
        // Hashes after the features: one whose features are lost would be of no use.
        this.#store.flush();
        this.#files.flush();
      } finally {
        // The engines' memory is wanted for what comes next.
        await this.#release();
      }
    }
    return { pictures, skipped, cached };
  }

  /** The stored features of pictures with their classes, in their order. */
  gather(pictures: readonly Picture[], labelling: Labelling): FeatureSet {
    const { width } = this.#options.backbone;
    const features = new Float32Array(pictures.length * width);
    const bytes = new Uint8Array(features.buffer);
    for (const [row, { hash, sample }] of pictures.entries()) {
      const stored = this.#store.get(hash);
      if (stored === undefined)
        throw new PictureError(
          { what: `The features of ${sample.id} are gone.` },
          { id: sample.id, reason: "not in the store" },
        );
      bytes.set(stored.subarray(fingerprintBytes), row * width * 4);
    }
    const truth = truthOf(
      pictures.map(({ sample }) => sample),
      labelling,
    );
    return { rows: pictures.length, width, features, ...truth };
  }

  async close(): Promise<void> {
    try {
      this.#store.close();
    } finally {
      try {
        this.#files.close();
      } finally {
        await this.#release();
      }
    }
  }

  async #release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await (await session)?.release();
  }

  #engine(): Promise<Session> {
    this.#session ??= this.#options.runtime.load(writeModel(this.#graph), { runs: "many" });
    return this.#session;
  }

  async #one(sample: Sample): Promise<{ picture: Picture; cached: boolean }> {
    const { content } = sample;
    const unread = this.#files.hashOf(content);
    const met = unread === undefined ? undefined : this.#stored(sample, unread);
    if (met !== undefined) return { picture: met, cached: true };
    const picture = await loadPicture(sample.id, content);
    const { hash } = picture;
    this.#files.note(content, hash);
    const known = this.#stored(sample, hash);
    if (known !== undefined) return { picture: known, cached: true };
    const { decode, backbone } = this.#options;
    const sight = sightOf(backbone.preprocess);
    const pixels = await decodePicture(picture, sight, decode);
    const seen = await fingerprintPicture(picture, pixels, sight, decode);
    const { width, height, data } = pixels;
    const session = await this.#engine();
    const answer = await session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    const features = floats(answer[backbone.output]!);
    const row = new Uint8Array(rowBytes(features.length));
    row.set(seen);
    row.set(new Uint8Array(features.buffer, features.byteOffset, features.byteLength), fingerprintBytes);
    this.#store.put(hash, row);
    return { picture: { sample, hash, fingerprint: seen }, cached: false };
  }

  /** The picture as the store knows it; undefined where its features are not there. */
  #stored(sample: Sample, hash: string): Picture | undefined {
    const row = this.#store.get(hash);
    return row && { sample, hash, fingerprint: row.slice(0, fingerprintBytes) };
  }
}

/** A stored row: the fingerprint, then the feature vector in float32. */
function rowBytes(width: number): number {
  return fingerprintBytes + width * 4;
}
