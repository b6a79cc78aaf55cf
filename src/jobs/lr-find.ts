import { assert } from "../core/assert.ts";
import { UsageError } from "../core/errors.ts";
import { decode, decoderName } from "../data/decode-sharp.ts";
import { rasterise } from "../data/encode-sharp.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { inRange } from "../train/check-data.ts";
import { type RateEvent, type RateSettings, testRates } from "../train/find-rate.ts";
import type { RangePoint, RateSuggestion } from "../train/network/rate-suggestion.ts";
import { suggestRate, whyNone } from "../train/network/rate-suggestion.ts";
import { openBase, trainedBase } from "./base-node.ts";
import { cacheIn } from "./cache-node.ts";
import { type DataOptions, openBoth } from "./open-node.ts";
import { ResultFolder } from "./result-folder-node.ts";
import { defaultOut, type OpenedEvent, opened } from "./train.ts";
import { settingsOf, type TrainChoices } from "./train-settings.ts";

export interface FindRateOptions extends DataOptions, Omit<TrainChoices, "learningRate"> {
  /** Folder for `lr-find.csv`, `lr-find.svg` and `lr-find.png`. Default: that of the run. */
  readonly out?: string | undefined;
  /** The first rate, 1e-6 by default, and the last, 1. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Updates. Default: one epoch of them, but 50 to 100. */
  readonly steps?: number | undefined;
  /** Folder of the feature cache. Default: $TSUGIKI_CACHE, or the platform's cache folder. */
  readonly cache?: string | undefined;
}

export interface FoundRateEvent {
  readonly type: "done";
  readonly result: FoundRate;
}

export type FindRateEvent = OpenedEvent | RateEvent | FoundRateEvent;

export interface FoundRate {
  /** Null where the points say nothing of a rate; `reason` says why. */
  readonly suggestion: RateSuggestion | null;
  readonly reason: string | null;
  readonly points: readonly RangePoint[];
  /** The loss left all bounds before the last rate was reached. */
  readonly stopped: boolean;
  readonly strategy: RateSettings["network"]["strategy"];
  readonly files: { readonly csv: string; readonly svg: string; readonly png: string };
  readonly seconds: number;
}

/**
 * The learning-rate range test (Smith 2017) from the weights that the same training would start from, and what it
 * suggests. An async stream of events; the last is "done". The strategy is "finetune" unless another is named. Throws
 * what `train` throws, UsageError for the strategy "features", which has no rate.
 */
export async function* findLearningRate(options: FindRateOptions): AsyncGenerator<FindRateEvent, FoundRate> {
  const started = performance.now();
  const settings = rateSettings(options);
  const range = rangeOf(options);
  const { signal, data, out = defaultOut(data) } = options;
  const folder = await ResultFolder.create(out, data);
  try {
    const runtime = nodeRuntime();
    const { dataset, base } = await openBoth(options, () => openBase(options, runtime));
    try {
      yield opened(dataset, [base]);
      const kept = cacheIn(options.cache);
      const { backbone } = base;
      const trained = await trainedBase([options], backbone, settings, runtime);
      const parts = { dataset, backbone, trained, runtime, decode, decoderName, ...kept, signal };
      const { points, stopped } = yield* testRates(parts, settings, range);
      const tried = suggestRate(points);
      assert(tried, "a test has a point");
      const reason = whyNone(points, tried) ?? null;
      const suggestion = reason === null ? tried : null;
      // Plots take a quarter of a second to load: whoever trains should not wait for them.
      const { rateRangeChart } = await import("../plot/rate-range-chart.ts");
      const svg = rateRangeChart({ points, suggestion: suggestion ?? undefined });
      const files = {
        csv: await folder.write("lr-find.csv", csvOf(points)),
        svg: await folder.write("lr-find.svg", svg),
        png: await folder.write("lr-find.png", await rasterise(svg)),
      };
      const { strategy } = settings.network;
      const seconds = (performance.now() - started) / 1000;
      const result: FoundRate = { suggestion, reason, points, stopped, strategy, files, seconds };
      yield { type: "done", result };
      return result;
    } finally {
      await dataset.close();
    }
  } finally {
    await folder.close();
  }
}

function rateSettings(options: FindRateOptions): RateSettings {
  const { network, ...rest } = settingsOf({ ...options, strategy: options.strategy ?? "finetune" });
  if (network !== undefined) return { ...rest, network };
  throw new UsageError(
    {
      what: "The strategy 'features' has no learning rate to find here:",
      why: "the base stays as it is, and a linear head is solved, not trained.",
      next: "Choose --strategy finetune, full or scratch.",
    },
    { option: "strategy", value: "features" },
  );
}

function rangeOf({ from = 1e-6, to = 1, steps }: FindRateOptions) {
  inRange("from", from, (value) => value > 0, "above 0");
  inRange("to", to, (value) => value > from && Number.isFinite(value), `above the first rate, ${from}`);
  inRange("steps", steps ?? 2, (value) => Number.isInteger(value) && value >= 2, "a whole number from 2");
  return { from, to, steps };
}

/** A header, then a line an update. */
function csvOf(points: readonly RangePoint[]): string {
  const lines = points.map(({ rate, loss, smoothed }) => `${rate},${loss},${smoothed}`);
  return `${["rate,loss,smoothed", ...lines].join("\n")}\n`;
}
