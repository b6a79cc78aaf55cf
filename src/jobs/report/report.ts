import { rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { reason, UsageError } from "../../core/errors.ts";
import { openDataset } from "../../data/open.ts";
import type { Dataset } from "../../data/sample.ts";
import { layouts } from "../../data/sources/table.ts";
import type { AnyEvaluation } from "../../evaluate/label-report.ts";
import type { HeatMap, ReportComparison, ReportData } from "../../report/data.ts";
import { filesOfFindings } from "../../report/findings.ts";
import { mostMaps } from "../../report/heat-maps.ts";
import { chooseExplained, chooseShown } from "../../report/pictures.ts";
import { renderReport } from "../../report/render.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { OpenStore } from "../../train/extract.ts";
import { ResultFolder } from "../result-folder-node.ts";
import { commandOf } from "./command.ts";
import { compareRuns, type ReadRun } from "./compare.ts";
import { readExports } from "./exports-node.ts";
import { makeHeatMaps } from "./heat-maps-sharp.ts";
import { readCurves, readFindings, readRun } from "./run-node.ts";
import { makeThumbnails, type Thumbnails } from "./thumbnails-sharp.ts";

export interface ReportOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly run: string;
  /** Other runs to set beside it. */
  readonly compare?: readonly string[] | undefined;
  /** The page's file. Default: `report.html` in the run's folder. */
  readonly out?: string | undefined;
  /** Pictures to show with where the classifier looked; fewer where its network makes that slow. Default 8. */
  readonly heatMaps?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReportResult {
  readonly file: string;
  readonly bytes: number;
  /** Pictures behind the figures, and how many of them are shown. */
  readonly pictures: number;
  readonly shown: number;
  /** Files that were looked for and not found, or are other pictures now. */
  readonly lost: readonly string[];
  /** Why no picture could be looked for at all; null where the data opened. */
  readonly dataGone: string | null;
  readonly evaluation: AnyEvaluation | null;
  readonly comparisons: readonly Pick<
    ReportComparison,
    "name" | "shared" | "onlyHere" | "onlyThere" | "paired" | "options"
  >[];
}

/**
 * Writes a run as one page to look at: figures, mistakes, pictures, curves, and all that is needed to do it again.
 * Pictures are found where the run's data was; those that moved are told by name. Throws RecordError where the run, or one
 * to compare with, cannot be read or the page not be written, EvaluationError where its predictions are none.
 */
export async function report(options: ReportOptions): Promise<ReportResult> {
  return writeReport(options, {});
}

/** The report of a run that was just trained: on data that stands open, its small pictures kept for the next one. */
export async function reportOfTraining(
  run: string,
  dataset: Dataset,
  openStore: OpenStore,
): Promise<ReportResult> {
  return writeReport({ run }, { dataset, openStore });
}

/** A report of an earlier run in the same folder says nothing of this one. */
export async function removeReport(run: string): Promise<void> {
  await rm(join(run, "report.html"), { force: true });
}

async function writeReport(
  options: ReportOptions,
  { dataset: open, openStore }: { readonly dataset?: Dataset; readonly openStore?: OpenStore },
): Promise<ReportResult> {
  const { signal, compare = [], heatMaps = 8 } = options;
  checkHeatMaps(heatMaps);
  const own = await readRun(options.run);
  const others: ReadRun[] = [];
  for (const path of compare) others.push(await readRun(path));
  const file = options.out ?? join(own.folder, "report.html");
  const comparisons = withNames(own, others).map((other) => compareRuns(own, other));
  const answers = own.measured?.answers ?? [];
  const changed = new Set(comparisons.flatMap(({ theirs }) => [...theirs.keys()]));
  const shown = chooseShown(
    answers,
    answers.filter((answer) => changed.has(answer.file)),
  ).map((answer) => answer.file);
  const findings = await readFindings(own);
  const files = [...new Set([...shown, ...filesOfFindings(findings ?? [])])];
  const { hashes } = own.record;
  const ofDataset = async (dataset: Dataset): Promise<Pictures> => {
    const maps = makeHeatMaps(dataset, {
      run: own.folder,
      answers: chooseExplained(answers, heatMaps),
      hashes,
      openStore,
      signal,
      // A run whose model was moved away still has its figures.
    }).catch(() => []);
    try {
      const square = own.record.fit === "cover";
      const lanes = 2 * nodeRuntime().concurrency;
      const thumbnails = await makeThumbnails(dataset, { files, hashes, square, lanes, openStore, signal });
      return { ...thumbnails, maps: await maps };
    } finally {
      // Whatever happens, the data is read no more when it is closed.
      await maps;
      signal?.throwIfAborted();
    }
  };
  const found = open
    ? { ...(await ofDataset(open)), gone: null }
    : await picturesAt(own, files, ofDataset, signal);
  const data: ReportData = {
    name: own.name,
    ...own.record,
    evaluation: own.measured?.evaluation ?? null,
    answers,
    thumbnails: found.pictures,
    lost: found.lost,
    heatMaps: found.maps,
    curves: await readCurves(own),
    findings,
    comparisons,
    exports: await readExports(own.folder),
    command: commandOf(own.record),
  };
  const text = await renderReport(data);
  // Not the data's folder: a page among the pictures would be a stray of the next run.
  const folder = await ResultFolder.create(dirname(resolve(file)), own.record.data.path || own.folder);
  const written = await folder.write(basename(file), text);
  return {
    file: options.out ?? written,
    bytes: Buffer.byteLength(text),
    pictures: answers.length,
    shown: shown.filter((name) => found.pictures.has(name)).length,
    lost: found.lost,
    dataGone: found.gone,
    evaluation: data.evaluation,
    comparisons: comparisons.map(({ theirs: _, ...rest }) => rest),
  };
}

/** Small copies of pictures, and of a few where the classifier looked. */
interface Pictures extends Thumbnails {
  readonly maps: readonly HeatMap[];
}

/** Pictures from where the data was; where it is gone, none, and why. */
async function picturesAt(
  { record }: ReadRun,
  files: readonly string[],
  make: (dataset: Dataset) => Promise<Pictures>,
  signal: AbortSignal | undefined,
): Promise<Pictures & { readonly gone: string | null }> {
  const { path, layout } = record.data;
  let dataset: Dataset;
  try {
    // Some layouts tell their kind more closely than the table of layouts does: those are found by looking again.
    const isNamed = layouts.some(({ name }) => name === layout);
    dataset = await openDataset(path, { ...(isNamed && { layout }), ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    return { pictures: new Map(), lost: files, maps: [], gone: reason(error) };
  }
  try {
    return { ...(await make(dataset)), gone: null };
  } finally {
    await dataset.close();
  }
}

/** Runs of one name in several folders are told apart by their paths. */
function withNames(own: ReadRun, others: readonly ReadRun[]): readonly ReadRun[] {
  const names = [own, ...others].map(({ name }) => name);
  const isUnique = (name: string): boolean => names.indexOf(name) === names.lastIndexOf(name);
  return others.map((other) => (isUnique(other.name) ? other : { ...other, name: other.folder }));
}

function checkHeatMaps(count: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= mostMaps) return;
  throw new UsageError(
    {
      what: `${count} heat maps mean nothing.`,
      next: `Give a whole number from 0 to ${mostMaps}; explain makes as many as you like.`,
    },
    { option: "heatMaps", value: count },
  );
}
