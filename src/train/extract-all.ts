import type { Labelling } from "../data/labelling.ts";
import type { Sample } from "../data/sample.ts";
import type { Backbone } from "./backbone.ts";
import {
  type Extracted,
  type ExtractOptions,
  FeatureExtractor,
  type FeaturesEvent,
  type Picture,
  type SkippedEvent,
} from "./extract.ts";
import type { FeatureSet } from "./features.ts";

/** Feature vectors of pictures, those of several bases side by side; each base keeps its own store. */
export class SideBySideExtractor {
  readonly #extractors: readonly FeatureExtractor[];

  private constructor(extractors: readonly FeatureExtractor[]) {
    this.#extractors = extractors;
  }

  static async open(
    backbones: readonly Backbone[],
    options: Omit<ExtractOptions, "backbone" | "label">,
  ): Promise<SideBySideExtractor> {
    const extractors: FeatureExtractor[] = [];
    const all = new SideBySideExtractor(extractors);
    const of = backbones.length;
    try {
      for (const [i, backbone] of backbones.entries()) {
        const label = { name: backbone.name, place: i + 1, of };
        extractors.push(await FeatureExtractor.open({ ...options, backbone, ...(of > 1 && { label }) }));
      }
    } catch (error) {
      await all.close();
      throw error;
    }
    return all;
  }

  /**
   * Base after base, as `FeatureExtractor.extract`. A picture that one of them cannot take is skipped by all; `cached`
   * are those for which every base's features were there.
   */
  async *extract(samples: readonly Sample[]): AsyncGenerator<FeaturesEvent | SkippedEvent, Extracted> {
    let found: Extracted | undefined;
    for (const extractor of this.#extractors) {
      const left = found?.pictures.map(({ sample }) => sample) ?? samples;
      const { pictures, skipped, cached } = yield* extractor.extract(left);
      const before = found;
      found = {
        pictures,
        skipped: [...(before?.skipped ?? []), ...skipped],
        cached: before ? new Set([...cached].filter((sample) => before.cached.has(sample))) : cached,
      };
    }
    return found ?? { pictures: [], skipped: [], cached: new Set() };
  }

  /** The stored features of pictures with their classes, in their order: a row is the bases' vectors, one after another. */
  gather(pictures: readonly Picture[], labelling: Labelling): FeatureSet {
    return sideBySideRows(this.#extractors.map((extractor) => extractor.gather(pictures, labelling)));
  }

  /** Closes all, also where one fails to. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#extractors.map((extractor) => extractor.close()));
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }
}

/** Rows of several widths as one: [a | b | …]. */
function sideBySideRows(sets: readonly FeatureSet[]): FeatureSet {
  const [first] = sets;
  if (first === undefined)
    return { rows: 0, width: 0, features: new Float32Array(), labels: new Int32Array() };
  if (sets.length === 1) return first;
  const { rows } = first;
  const width = sets.reduce((sum, set) => sum + set.width, 0);
  const features = new Float32Array(rows * width);
  let column = 0;
  for (const set of sets) {
    for (let row = 0; row < rows; row++) {
      const own = set.features.subarray(row * set.width, (row + 1) * set.width);
      features.set(own, row * width + column);
    }
    column += set.width;
  }
  return { ...first, width, features };
}
