import { mapConcurrent } from "../core/async.ts";
import { sha256 } from "../core/hash.ts";
import { floats, uint8 } from "../core/tensor.ts";
import { FileReadError, PictureError } from "../data/errors.ts";
import { fingerprint, fingerprintBytes } from "../data/fingerprint.ts";
import type { RowStore } from "../data/row-store.ts";
import type { Content, Pixels, Sample } from "../data/sample.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime, Session } from "../runtime/session.ts";
import { join } from "../surgery/join.ts";
import { pixelsInput, preprocessedOutput, preprocessGraph } from "../surgery/preprocess.ts";
import type { Backbone } from "./backbone.ts";
import type { FeatureSet } from "./features.ts";

/** Turns a picture's content into pixels; its JPEG may be decoded smaller, but not below `shrinkTo`. */
export type Decode = (
  content: Content,
  options: { readonly id: string; readonly shrinkTo: number },
) => Promise<Pixels>;

/** Opens the store of rows of this length that belongs to a key. */
export type OpenStore = (key: string, rowBytes: number) => RowStore;

/** A picture that could be read. */
export interface Picture {
  readonly sample: Sample;
  /** sha256 of its bytes. */
  readonly hash: string;
  /** Perceptual hash, for finding its near-duplicates. */
  readonly fingerprint: Uint8Array;
}

export interface SkippedPicture {
  readonly file: string;
  readonly reason: string;
}

/** Pictures whose features are known so far, those found in the cache among them. */
export interface FeaturesEvent {
  readonly type: "features";
  readonly done: number;
  readonly total: number;
  readonly cached: number;
}

export interface SkippedEvent extends SkippedPicture {
  readonly type: "skipped";
}

export interface Extracted {
  readonly pictures: readonly Picture[];
  readonly skipped: readonly SkippedPicture[];
  /** How many of the pictures were found in the cache. */
  readonly cached: number;
}

export interface ExtractOptions {
  readonly backbone: Backbone;
  readonly runtime: Runtime;
  readonly decode: Decode;
  readonly openStore: OpenStore;
  /** Stop at the first picture that cannot be read instead of passing it over. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How far a picture is decoded beyond what the network sees, so that the graph's own resize has all it needs. */
export const oversampling = 4;

/** Under "cover" a strip of pixels would be blown up by this much before it is cut. */
const maxAspect = 64;

/** The graph from uint8 pixels of any size to the feature vector: what training, evaluation and the artefact run. */
export function featureGraph(backbone: Backbone): Model {
  const opset = backbone.model.opsets.get("") ?? 0;
  return join(preprocessGraph(backbone.preprocess, opset), backbone.model, {
    [backbone.input]: preprocessedOutput,
  });
}

/** Feature vectors of pictures, each computed once: what the store holds already is not computed again. */
export class FeatureExtractor {
  readonly #options: ExtractOptions;
  readonly #graph: Model;
  readonly #store: RowStore;
  #session: Promise<Session> | undefined;

  private constructor(options: ExtractOptions, graph: Model, store: RowStore) {
    this.#options = options;
    this.#graph = graph;
    this.#store = store;
  }

  /** Opens the store that belongs to this backbone, cut, preprocessing and engine. */
  static async open(options: ExtractOptions): Promise<FeatureExtractor> {
    const graph = featureGraph(options.backbone);
    const file = writeModel(graph);
    const key = await sha256(`${await sha256(file)} ${options.runtime.name} ${oversampling}`);
    return new FeatureExtractor(options, graph, options.openStore(key, rowBytes(options.backbone.width)));
  }

  /** Sees to it that every picture's features are in the store. Throws PictureError under `strict`. */
  async *extract(samples: readonly Sample[]): AsyncGenerator<FeaturesEvent | SkippedEvent, Extracted> {
    const { strict = false, signal, runtime } = this.#options;
    const pictures: Picture[] = [];
    const skipped: SkippedPicture[] = [];
    let cached = 0;
    // Twice as many as the engines take: while those run, the next are read and decoded.
    const lanes = 2 * runtime.concurrency;
    const results = mapConcurrent(samples, lanes, async (sample) => {
      signal?.throwIfAborted();
      try {
        return await this.#one(sample);
      } catch (error) {
        if (strict || !(error instanceof PictureError || error instanceof FileReadError)) throw error;
        return {
          file: sample.id,
          reason: error instanceof PictureError ? error.evidence.reason : error.message,
        };
      }
    });
    try {
      for await (const result of results) {
        if ("reason" in result) {
          skipped.push(result);
          yield { type: "skipped", ...result };
        } else {
          pictures.push(result.picture);
          if (result.cached) cached++;
        }
        yield { type: "features", done: pictures.length + skipped.length, total: samples.length, cached };
      }
    } finally {
      this.#store.flush();
      // The engines' memory is wanted for what comes next.
      await this.#release();
    }
    return { pictures, skipped, cached };
  }

  /** The stored features of pictures with their classes, in their order. */
  gather(pictures: readonly Picture[], classOf: (sample: Sample) => number): FeatureSet {
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
    const labels = Int32Array.from(pictures, ({ sample }) => classOf(sample));
    return { rows: pictures.length, width, features, labels };
  }

  async close(): Promise<void> {
    this.#store.close();
    await this.#release();
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
    const bytes = await sample.content.read();
    const hash = await contentHash(sample.content, bytes);
    const known = this.#store.get(hash);
    if (known !== undefined) {
      return { picture: { sample, hash, fingerprint: known.slice(0, fingerprintBytes) }, cached: true };
    }
    const { size, fit } = this.#options.backbone.preprocess;
    const content = { ...sample.content, read: async () => bytes };
    const pixels = await this.#options.decode(content, { id: sample.id, shrinkTo: oversampling * size });
    if (fit === "cover") refuseStrips(pixels, sample.id);
    const { width, height, data } = pixels;
    const seen = fingerprint(pixels);
    const session = await this.#engine();
    const answer = await session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    const features = floats(answer[this.#options.backbone.output]!);
    const row = new Uint8Array(rowBytes(features.length));
    row.set(seen);
    row.set(new Uint8Array(features.buffer, features.byteOffset, features.byteLength), fingerprintBytes);
    this.#store.put(hash, row);
    return { picture: { sample, hash, fingerprint: seen }, cached: false };
  }
}

/** A stored row: the fingerprint, then the feature vector in float32. */
function rowBytes(width: number): number {
  return fingerprintBytes + width * 4;
}

/** sha256 of a picture's bytes; raw pixels say no size of their own, so it is hashed with them. */
export async function contentHash(content: Content, bytes: Uint8Array): Promise<string> {
  if (content.kind === "file") return sha256(bytes);
  return sha256(`${content.width} x ${content.height} ${await sha256(bytes)}`);
}

function refuseStrips({ width, height }: Pixels, id: string): void {
  if (Math.max(width, height) <= maxAspect * Math.min(width, height)) return;
  const reason = `${width} x ${height} is a strip, more than ${maxAspect} times as long as it is wide`;
  throw new PictureError(
    { what: `${id}: ${reason}.`, next: "Crop it, or train with --fit squash." },
    { id, reason },
  );
}
