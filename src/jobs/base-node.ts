import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { closest } from "../core/closest.ts";
import { UsageError } from "../core/errors.ts";
import { baseOf } from "../export/base-of.ts";
import { isClassifier, readClassifierRecord } from "../export/classifier.ts";
import type { Model } from "../onnx/graph.ts";
import { loadModel } from "../onnx/load-node.ts";
import type { Runtime } from "../runtime/session.ts";
import { type Fit, fits, type NormalisationName, normalisations } from "../surgery/preprocess.ts";
import {
  type PreprocessHints,
  parsePreprocessorConfig,
  preprocessFromMetadata,
  unknownPreprocess,
} from "../surgery/preprocess-config.ts";
import { type Backbone, prepareBackbone } from "../train/backbone.ts";
import { featureGraph } from "../train/extract.ts";
import { redrawn } from "../train/network/unit-variance.ts";
import type { TrainSettings } from "../train/run.ts";
import { type LocatedBase, locateBase } from "./models/locate-node.ts";
import { keptBackbone } from "./prepared-base-node.ts";

/** Which pretrained network to graft on, and how pictures reach it. */
export interface BaseOptions {
  /**
   * Names it: an ONNX file's path, a name of the catalogue, `hf:org/repo[@revision][:file.onnx]`, an https address; "box", or
   * left out: the backbone in the box.
   */
  readonly base?: string | undefined;
  /** How pictures are normalised, where the model's own files do not say, or say it wrongly. */
  readonly preprocess?: NormalisationName | undefined;
  /** Side of the network's square in pixels; the model's own when left out. */
  readonly size?: number | undefined;
  /** How a picture that is not square becomes one. */
  readonly fit?: Fit | undefined;
  /** The tensor to take as feature vector; found when left out. */
  readonly cut?: string | undefined;
  /** Touch no network for it. Default: $TSUGIKI_OFFLINE or $HF_HUB_OFFLINE. */
  readonly offline?: boolean | undefined;
  /** Take it though its licence forbids commercial use. Default false. */
  readonly acceptLicence?: boolean | undefined;
}

/** A base, opened: the network, and the file that it came from. */
export interface OpenedBase {
  readonly backbone: Backbone;
  readonly file: string;
  /** Where its preprocessing was read. */
  readonly preprocessSource: string;
}

function checkOptions({ preprocess, size, fit }: BaseOptions): void {
  const refuse = (option: string, value: unknown, choices: readonly string[]): UsageError => {
    const near = closest(String(value), choices);
    return new UsageError(
      {
        what: `--${option} ${value} is not known.`,
        next: `Choose ${choices.join(", ")}.${near.length > 0 ? ` Closest: ${near[0]}.` : ""}`,
      },
      { option, value },
    );
  };
  if (preprocess !== undefined && !Object.hasOwn(normalisations, preprocess)) {
    throw refuse("preprocess", preprocess, Object.keys(normalisations));
  }
  if (fit !== undefined && !fits.includes(fit)) throw refuse("fit", fit, fits);
  if (size !== undefined && !(Number.isInteger(size) && size >= 8 && size <= 4096)) {
    throw new UsageError(
      { what: `--size ${size} cannot be a picture's side.`, next: "Give whole pixels from 8 to 4096." },
      { option: "size", value: size },
    );
  }
}

async function preprocessOf(
  model: Model,
  { file, stated: catalogued }: LocatedBase,
  named: NormalisationName | undefined,
): Promise<PreprocessHints | undefined> {
  const beside = join(dirname(file), "preprocessor_config.json");
  if (named !== undefined) return { ...normalisations[named], source: `--preprocess ${named}` };
  if (catalogued !== undefined) return { ...normalisations[catalogued], source: "the catalogue" };
  if (existsSync(beside)) return parsePreprocessorConfig(await readFile(beside, "utf8"), beside);
  const stated = preprocessFromMetadata(model.metadata);
  return stated;
}

/** For looking at a network without running it on pictures. */
const unstated: PreprocessHints = { ...normalisations.unit, source: "nowhere" };

interface OpeningOptions {
  /** Default true. */
  readonly needsPreprocess?: boolean;
  /** Default true. */
  readonly fold?: boolean;
  /** Folder in which bases made ready are kept; left out, they are not. */
  readonly keepIn?: string | undefined;
}

/** Opens a base and prepares it. Throws what reading, surgery and the engine throw, and UsageError. */
export async function openBase(
  options: BaseOptions,
  runtime: Runtime,
  { needsPreprocess = true, fold = true, keepIn }: OpeningOptions = {},
): Promise<OpenedBase> {
  checkOptions(options);
  const located = await locateBase(options);
  const { file, name, licence } = located;
  const loaded = await loadModel(file);
  const model = isClassifier(loaded) ? baseOf(loaded, readClassifierRecord(loaded, file), file) : loaded;
  const stated = await preprocessOf(model, located, options.preprocess);
  if (stated === undefined && needsPreprocess) throw unknownPreprocess(file);
  const hints = stated ?? unstated;
  const { size, fit, cut } = options;
  const asked = {
    name,
    preprocess: hints,
    fold,
    ...(size !== undefined && { size }),
    ...(fit !== undefined && { fit }),
    ...(cut !== undefined && { cut }),
  };
  const backbone = keepIn
    ? await keptBackbone(keepIn, model, asked, runtime)
    : await prepareBackbone(model, asked, runtime);
  // What the hub says of a licence is newer than what stands in the file.
  return {
    backbone: { ...backbone, licence: licence ?? backbone.licence },
    file,
    preprocessSource: hints.source,
  };
}

/**
 * The base whose weights gradient steps move, where it is another than the one that was opened: for `scratch`, BatchNorm
 * whole and all weights drawn anew. Throws UsageError for a base that takes one picture at a time.
 */
export async function trainedBase(
  [options = {}]: readonly BaseOptions[],
  { name, model }: Backbone,
  { network, seed }: Pick<TrainSettings, "network" | "seed">,
  runtime: Runtime,
): Promise<Backbone | undefined> {
  if (network === undefined) return undefined;
  const type = model.graph.inputs[0]?.type;
  if (type?.kind === "tensor" && typeof type.shape?.[0] === "number") {
    throw new UsageError(
      {
        what: `${name} cannot be trained: it takes one picture at a time.`,
        why: "Its exporter wrote the batch of one into the network, and it could not be made free.",
        next: "Export it with a free batch size, or train its head alone (--strategy features).",
      },
      { option: "base", value: name },
    );
  }
  if (network.strategy !== "scratch") return undefined;
  const { backbone } = await openBase(options, runtime, { fold: false });
  return redrawn(backbone, seed, runtime);
}

/**
 * Opens bases one after another, in their order. Throws what `openBase` throws, UsageError where one stands twice,
 * UpgradeError where they cannot be joined.
 */
export async function openBases(
  all: readonly BaseOptions[],
  runtime: Runtime,
  keepIn?: string,
): Promise<[OpenedBase, ...OpenedBase[]]> {
  const [first = {}, ...others] = all;
  const bases: [OpenedBase, ...OpenedBase[]] = [await openBase(first, runtime, { keepIn })];
  for (const options of others) {
    const base = await openBase(options, runtime, { keepIn });
    if (bases.some((other) => identityOf(other) === identityOf(base))) throw twice(base);
    bases.push(base);
  }
  // Networks that cannot be joined are told of now, not after hours of work.
  const [start, ...rest] = bases;
  featureGraph(start.backbone, ...rest.map(({ backbone }) => backbone));
  return bases;
}

function identityOf({ backbone: { cut, preprocess }, file }: OpenedBase): string {
  return JSON.stringify([resolve(file), cut, preprocess]);
}

function twice({ backbone: { name, preprocess } }: OpenedBase): UsageError {
  return new UsageError(
    {
      what: `The base ${name} stands there twice, at ${preprocess.size} x ${preprocess.size} both times:`,
      why: "the same features again tell the head nothing new.",
      next: "Name each base once, or give them different --size, --fit or --cut.",
    },
    { option: "base", value: name },
  );
}
