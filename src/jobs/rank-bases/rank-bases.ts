import { statSync } from "node:fs";
import { TsugikiError, UsageError } from "../../core/errors.ts";
import { decode, decoderName } from "../../data/decode-sharp.ts";
import { labellingOf } from "../../data/labelling.ts";
import { openDataset } from "../../data/open.ts";
import type { Dataset, Sample } from "../../data/sample.ts";
import { hScore } from "../../evaluate/transferability/h-score.ts";
import { logMe } from "../../evaluate/transferability/log-me.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { Runtime } from "../../runtime/session.ts";
import {
  type ExtractOptions,
  FeatureExtractor,
  type FeaturesEvent,
  type SkippedEvent,
} from "../../train/extract.ts";
import { refuseEmptyClasses } from "../../train/sharing.ts";
import { type BaseOptions, openBase } from "../base-node.ts";
import { cacheIn } from "../cache-node.ts";
import { NoBaseError } from "./error.ts";
import { millisecondsPerPicture, probe } from "./measure.ts";
import { agreementOf, inOrder, type Measured, type Ranking } from "./order.ts";
import { balancedSample } from "./sample.ts";
import { openSource, type SourceScores, sourceScores } from "./source.ts";

export interface RankOptions {
  /** A folder, zip archive or list of labelled pictures. */
  readonly data: string;
  readonly layout?: string | undefined;
  readonly bases: readonly BaseOptions[];
  /** Training pictures looked at, at most. Default 1,000. */
  readonly sample?: number | undefined;
  /** Which pictures, and which of them stand in one fold. Default 1. */
  readonly seed?: number | undefined;
  readonly cache?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is about to be measured. */
export interface RankingEvent {
  readonly type: "ranking";
  readonly path: string;
  readonly classes: readonly string[];
  /** Pictures that are looked at. */
  readonly pictures: number;
  readonly bases: number;
}

/** Measures of one base, done so far. */
export interface MeasuringEvent {
  readonly type: "measuring";
  readonly base: NonNullable<FeaturesEvent["base"]>;
  readonly done: number;
  readonly total: number;
}

/** A base that was passed over. */
export interface BaseFailedEvent {
  readonly type: "base-failed";
  readonly base: string;
  readonly reason: string;
}

export type RankEvent = RankingEvent | FeaturesEvent | SkippedEvent | MeasuringEvent | BaseFailedEvent;

const defaultSeed = 1;
const defaultSample = 1000;
const folds = 5;

/**
 * Which base suits this data, before training on any: each one's features of the same few training pictures, and by them
 * a cross-validated linear head, LogME and H-score; of a base with its own classifier NCE and LEEP too. A base that cannot
 * be measured is told of and passed over. Throws what opening data throws, UsageError for data of several labels a
 * picture, NoBaseError where no base is left, and where there was only one, its own error.
 */
export async function* rankBases(options: RankOptions): AsyncGenerator<RankEvent, Ranking> {
  const started = performance.now();
  const { layout, bases, sample = defaultSample, seed = defaultSeed, signal } = options;
  checkBases(bases);
  const dataset = await openDataset(options.data, {
    ...(layout !== undefined && { layout }),
    ...(signal && { signal }),
  });
  try {
    checkData(dataset, sample);
    const samples = balancedSample(dataset, sample, seed);
    const { path, classes } = dataset;
    yield { type: "ranking", path, classes, pictures: samples.length, bases: bases.length };
    const { openStore } = cacheIn(options.cache);
    const world = { runtime: nodeRuntime(), decode, decoderName, openStore, signal };
    const measured: Measured[] = [];
    const failed: { base: string; reason: string }[] = [];
    const told = new Set<string>();
    for (const [i, base] of bases.entries()) {
      signal?.throwIfAborted();
      const { base: asked = "box" } = base;
      try {
        const place = { place: i + 1, of: bases.length };
        for await (const event of measuring(base, dataset, { samples, seed, world, place, measured })) {
          if (event.type !== "skipped") yield event;
          else if (!told.has(event.file)) {
            told.add(event.file);
            yield event;
          }
        }
      } catch (error) {
        if (bases.length === 1 || !(error instanceof TsugikiError)) throw error;
        failed.push({ base: asked, reason: error.message });
        yield { type: "base-failed", base: asked, reason: error.message };
      }
    }
    if (measured.length === 0) throw noneLeft(failed);
    const ranked = inOrder(measured);
    return {
      path,
      layout: dataset.layout,
      classes,
      pictures: samples.length,
      seed,
      folds,
      bases: ranked,
      failed,
      agreement: agreementOf(ranked),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await dataset.close();
  }
}

interface Task {
  readonly samples: readonly Sample[];
  readonly seed: number;
  readonly world: Omit<ExtractOptions, "backbone" | "label"> & { readonly runtime: Runtime };
  readonly place: { readonly place: number; readonly of: number };
  /** Where what was measured goes. */
  readonly measured: Measured[];
}

async function* measuring(
  options: BaseOptions,
  dataset: Dataset,
  { samples, seed, world, place, measured }: Task,
): AsyncGenerator<FeaturesEvent | SkippedEvent | MeasuringEvent> {
  const { runtime, signal } = world;
  const opened = await openBase(options, runtime);
  const { backbone, file } = opened;
  const { name, cut, width, preprocess, licence = null } = backbone;
  const label = { name, ...place };
  const labelling = labellingOf(dataset);
  const { classes } = labelling;

  const extractor = await FeatureExtractor.open({ ...world, backbone, label });
  try {
    const { pictures } = yield* extractor.extract(samples);
    refuseEmptyClasses(dataset, pictures);
    const set = extractor.gather(pictures, labelling);
    const step = (done: number): MeasuringEvent => ({ type: "measuring", base: label, done, total: 4 });
    yield step(0);
    const probed = await probe(set, pictures, { classes, runtime, folds, seed, signal });
    yield step(1);
    signal?.throwIfAborted();
    const evidence = logMe({ ...set, classes });
    yield step(2);
    signal?.throwIfAborted();
    const spread = hScore({ ...set, classes });
    yield step(3);
    const read = pictures.map(({ sample }) => sample);
    const milliseconds = await millisecondsPerPicture(backbone, read, world);
    yield step(4);
    const classifier = await openSource(options, opened, runtime);
    let source: SourceScores | null = null;
    if (classifier) {
      const own = { ...label, name: `${name}'s classifier` };
      const asked = await FeatureExtractor.open({ ...world, backbone: classifier, label: own });
      try {
        const answered = yield* asked.extract(read);
        source = sourceScores(asked.gather(answered.pictures, labelling), classifier.cut, classes);
      } finally {
        await asked.close();
      }
    }
    measured.push({
      base: {
        base: options.base ?? "box",
        ...{ name, file, cut, width, size: preprocess.size, bytes: statSync(file).size, licence },
        pictures: pictures.length,
        probe: probed.probe,
        ...{ logMe: evidence, hScore: spread, source, milliseconds },
      },
      right: probed.right,
      hashes: pictures.map(({ hash }) => hash).join(),
    });
  } finally {
    await extractor.close();
  }
}

function checkBases(bases: readonly BaseOptions[]): void {
  if (bases.length > 0) return;
  throw new UsageError(
    { what: "There is no base to rank.", next: "Name one or more." },
    { option: "bases", value: bases },
  );
}

function checkData({ path, multiLabel, classes }: Dataset, sample: number): void {
  if (multiLabel || classes.length < 2) {
    throw new UsageError(
      {
        what: `Bases cannot be ranked on ${path}:`,
        why: multiLabel
          ? "its pictures have several labels at once, and these measures are of one class a picture."
          : "it has fewer than two classes.",
        next: multiLabel ? "Train on each base and compare." : "Add pictures of a second class.",
      },
      { option: "data", value: path },
    );
  }
  const least = folds * classes.length;
  if (Number.isSafeInteger(sample) && sample >= least) return;
  throw new UsageError(
    {
      what: `sample ${sample} is too few pictures.`,
      why: `${classes.length} classes need ${folds} each, one a fold: ${least}.`,
      next: `Give ${least} or more; the default is ${defaultSample}.`,
    },
    { option: "sample", value: sample },
  );
}

function noneLeft(failed: readonly { readonly base: string; readonly reason: string }[]): NoBaseError {
  return new NoBaseError(
    {
      what: `None of the ${failed.length} bases could be measured.`,
      why: `The first, ${failed[0]?.base}: ${failed[0]?.reason}`,
      next: "tsugiki info FILE shows what a file is.",
    },
    { failed },
  );
}
