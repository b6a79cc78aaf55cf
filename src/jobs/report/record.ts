import { type Fields, isFields } from "../../core/json.ts";
import type { Part } from "../../data/sample.ts";
import type { CalibrationError } from "../../evaluate/calibration/calibration-error.ts";
import type {
  Fact,
  MeasuredShare,
  ReportCalibration,
  ReportSets,
  ReportStrangers,
} from "../../report/data.ts";
import { broken, fieldsOf, listIn, numberOf, textOf } from "./checks.ts";

/** What a report needs of a run.json, checked. */
export interface RunRecord {
  readonly file: string;
  readonly classes: readonly string[];
  readonly multiLabel: boolean;
  readonly data: { readonly path: string; readonly layout: string };
  readonly fingerprint: string;
  readonly date: string;
  readonly bases: readonly { readonly name: string; readonly licence: string | null }[];
  readonly pictures: Readonly<Record<Part, number>>;
  /** The part behind the headline, by the same rule as training's. */
  readonly part: Part | null;
  readonly raw: number | undefined;
  /** First 16 digits of each picture's sha256, by its id. */
  readonly hashes: ReadonlyMap<string, string>;
  /** The part of each picture in training, by its id. */
  readonly partOf: ReadonlyMap<string, Part>;
  /** The middle square is what the network sees: so thumbnails show it. */
  readonly fit: string;
  readonly calibration: ReportCalibration | undefined;
  readonly sets: ReportSets | undefined;
  readonly strangers: ReportStrangers | undefined;
  readonly training: Fields;
  readonly options: readonly Fact[];
  readonly versions: readonly Fact[];
}

const parts: readonly Part[] = ["train", "val", "test"];

/** Checks a run.json. Throws RecordError where classes, base or settings are missing or of another kind. */
export function parseRunRecord(file: string, text: string): RunRecord {
  let run: unknown;
  try {
    run = JSON.parse(text);
  } catch (cause) {
    throw broken(file, "it is no JSON", cause);
  }
  if (!isFields(run)) throw broken(file, "it holds no JSON object");
  const classes = listIn(run.labels).filter((name): name is string => typeof name === "string");
  if (classes.length === 0 || classes.length !== listIn(run.labels).length)
    throw broken(file, "its 'labels' are no list of names");
  if (!isFields(run.training)) throw broken(file, "its 'training' is no object");
  const { pictures, figures: _, data: __, tsugiki: ___, ...options } = run.training;
  const metrics = fieldsOf(run.metrics);
  const part = isFields(metrics.test) ? "test" : isFields(metrics.val) ? "val" : null;
  const data = fieldsOf(run.data);
  const bases = entries(run.base);
  const preprocess = entries(run.preprocess);
  return {
    file,
    classes,
    multiLabel: run.task === "multi-label",
    data: { path: textOf(data.path) ?? "", layout: textOf(data.layout) ?? "" },
    fingerprint: textOf(data.fingerprint) ?? "",
    date: textOf(run.date) ?? "",
    bases: bases.map((base) => ({
      name: textOf(base.name) ?? "unknown",
      licence: textOf(base.licence) ?? null,
    })),
    pictures: { train: 0, val: 0, test: 0, ...countsOf(pictures) },
    part,
    raw: part === null ? undefined : numberOf(fieldsOf(metrics.raw)[part]),
    hashes: hashesOf(run.split),
    partOf: partsOf(run.split),
    fit: textOf(preprocess[0]?.fit) ?? "cover",
    calibration: calibrationOf(run.calibration),
    sets: setsOf(run.sets),
    strangers: strangersOf(run.unknown),
    training: run.training,
    options: [
      ...flatten("", options),
      ...bases.flatMap((base, i) =>
        flatten(bases.length > 1 ? `base ${i + 1}` : "base", { name: base.name, cut: base.cut }),
      ),
      ...preprocess.flatMap((each, i) =>
        flatten(preprocess.length > 1 ? `preprocess ${i + 1}` : "preprocess", each),
      ),
      ["normalised as", String(run.preprocessSource ?? "")],
      ["layout", textOf(data.layout) ?? ""],
    ],
    versions: [
      ["tsugiki", String(run.tsugiki ?? "")],
      ["engine", String(run.engine ?? "")],
      ["node", String(run.node ?? "")],
      ["date", String(run.date ?? "")],
      ["seconds", String(numberOf(run.seconds)?.toFixed(1) ?? "")],
      ["data", textOf(data.path) ?? ""],
      ["data's fingerprint", textOf(data.fingerprint) ?? ""],
      ...bases.map((base): Fact => [`sha256 of ${String(base.name)}`, textOf(base.sha256) ?? ""]),
    ],
  };
}

function entries(value: unknown): readonly Fields[] {
  return (Array.isArray(value) ? value : [value]).filter(isFields);
}

function countsOf(value: unknown): Partial<Record<Part, number>> {
  const counts: Partial<Record<Part, number>> = {};
  for (const part of parts) {
    const count = numberOf(fieldsOf(value)[part]);
    if (count !== undefined) counts[part] = count;
  }
  return counts;
}

function hashesOf(split: unknown): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const part of parts) {
    for (const [id, hash] of Object.entries(fieldsOf(fieldsOf(split)[part])))
      if (typeof hash === "string") known.set(id, hash);
  }
  return known;
}

function partsOf(split: unknown): ReadonlyMap<string, Part> {
  return new Map(
    parts.flatMap((part) => Object.keys(fieldsOf(fieldsOf(split)[part])).map((id) => [id, part] as const)),
  );
}

/** What the run says of its own calibration; undefined where it says nothing, or something else. */
function calibrationOf(value: unknown): ReportCalibration | undefined {
  const { temperature, val, test } = fieldsOf(value);
  const number = numberOf(temperature);
  if (number === undefined || number <= 0) return undefined;
  return { temperature: number, val: beforeAndAfter(val), test: beforeAndAfter(test) };
}

function beforeAndAfter(value: unknown): ReportCalibration["val"] {
  const [before, after] = [errorOf(fieldsOf(value).before), errorOf(fieldsOf(value).after)];
  return before && after ? { before, after } : null;
}

function errorOf(value: unknown): CalibrationError | undefined {
  const { ece, mce, interval, faultless, bins } = fieldsOf(value);
  const [error, most] = [numberOf(ece), numberOf(mce)];
  const [own, lucky] = [pairOf(interval), pairOf(faultless)];
  if (error === undefined || most === undefined || !own || !lucky) return undefined;
  const rows = listIn(bins).flatMap((bin) => {
    const each = fieldsOf(bin);
    const [low, high, count] = [numberOf(each.low), numberOf(each.high), numberOf(each.count)];
    const range = pairOf(each.interval);
    if (low === undefined || high === undefined || count === undefined || !range) return [];
    const [confidence, accuracy] = [numberOf(each.confidence) ?? null, numberOf(each.accuracy) ?? null];
    return [{ low, high, count, confidence, accuracy, interval: range }];
  });
  return { ece: error, mce: most, interval: own, faultless: lucky, bins: rows };
}

/** Prediction sets, where they were measured on a test part. */
function setsOf(value: unknown): ReportSets | undefined {
  const { coverage, test } = fieldsOf(value);
  const { coverage: held, meanSize, ...rest } = fieldsOf(test);
  const [asked, size, share] = [numberOf(coverage), numberOf(meanSize), shareOf({ ...rest, share: held })];
  return asked === undefined || size === undefined || !share
    ? undefined
    : { asked, held: share, meanSize: size };
}

/** What is turned away, where there is a threshold and something was measured by it. */
function strangersOf(value: unknown): ReportStrangers | undefined {
  const { threshold, falseRejections, test, outliers } = fieldsOf(value);
  const asked = numberOf(falseRejections);
  if (numberOf(threshold) === undefined || asked === undefined) return undefined;
  return { asked, own: rateOf(test), outliers: rateOf(outliers) };
}

/** A rejection's share is its rate. */
function rateOf(value: unknown): MeasuredShare | null {
  const { rate, ...rest } = fieldsOf(value);
  return shareOf({ ...rest, share: rate });
}

function shareOf(value: unknown): MeasuredShare | null {
  const { n, share, interval } = fieldsOf(value);
  const [rows, held, range] = [numberOf(n), numberOf(share), pairOf(interval)];
  return rows === undefined || held === undefined || !range
    ? null
    : { n: rows, share: held, interval: range };
}

function pairOf(value: unknown): readonly [number, number] | undefined {
  const [low, high] = listIn(value).map(numberOf);
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** Nested settings as rows: "network.schedule", "network.stages.0.epochs". */
function flatten(prefix: string, value: unknown): readonly Fact[] {
  const isLeaf = typeof value !== "object" || value === null || isPlainList(value);
  if (isLeaf)
    return value === undefined ? [] : [[prefix, Array.isArray(value) ? value.join(", ") : String(value)]];
  return Object.entries(value).flatMap(([name, each]) =>
    flatten(prefix === "" ? name : `${prefix}.${name}`, each),
  );
}

function isPlainList(value: object): boolean {
  return Array.isArray(value) && value.every((each) => typeof each !== "object");
}
