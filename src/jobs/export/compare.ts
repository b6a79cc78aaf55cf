import type { Sample } from "../../data/sample.ts";
import { type AnyEvaluation, evaluateAny } from "../../evaluate/label-report.ts";
import type { ClassifierRecord } from "../../export/classifier.ts";
import { type Parity, parityOf } from "../../export/parity.ts";
import type { RunPictures } from "./pictures.ts";
import type { Fitting, Picture, Runner } from "./runner.ts";

/** What became of an export beside the trained model, on the same pictures in the same run. */
export interface Compared extends Parity {
  readonly runtime: string;
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
  /** Per picture, decoding left out; its first answer, which is slow, is not counted. */
  readonly milliseconds: number;
}

export interface Comparison {
  readonly trained: Omit<Compared, keyof Parity>;
  readonly exports: readonly Compared[];
  /** For each of the exports the picture on which its probabilities differ most, if any was read. */
  readonly hardest: readonly (Sample | undefined)[];
  /** Pictures that were read and compared; the others could not be read or have changed. */
  readonly pictures: number;
}

export interface ComparingOptions {
  readonly trained: Runner;
  readonly exports: readonly Runner[];
  readonly pictures: RunPictures;
  readonly fitting: Fitting;
  readonly record: ClassifierRecord;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures done so far. */
export interface ComparingEvent {
  readonly type: "comparing";
  readonly done: number;
  readonly total: number;
}

/** Runs the trained model and its exports on picture after picture, in turns, so that each has the machine alike. */
export async function* compare(options: ComparingOptions): AsyncGenerator<ComparingEvent, Comparison> {
  const { trained, exports, pictures, fitting, record, signal } = options;
  const classes = record.labels.length;
  const runners = [trained, ...exports];
  const answers = runners.map(() => new Float32Array(pictures.compared.length * classes));
  const times = runners.map(() => 0);
  const rows: number[] = [];
  for (const [i, sample] of pictures.compared.entries()) {
    signal?.throwIfAborted();
    const pixels = await pictures.read(sample);
    if (pixels !== undefined) {
      const picture = await fitting.fit(pixels);
      for (const [k, runner] of runners.entries()) {
        if (rows.length === 0) await runner.run(picture);
        const { answer, milliseconds } = await timed(runner, picture);
        answers[k]!.set(answer.subarray(0, classes), rows.length * classes);
        times[k]! += milliseconds;
      }
      rows.push(i);
    }
    yield { type: "comparing", done: i + 1, total: pictures.compared.length };
  }
  const { labels, targets } = pictures.truth;
  const truth = {
    labels: Int32Array.from(targets ? [] : rows, (row) => labels[row]!),
    ...(targets && {
      targets: Float32Array.from(
        rows.flatMap((row) => [...targets.subarray(row * classes, (row + 1) * classes)]),
      ),
    }),
  };
  const figures = runners.map((runner, k) => {
    const probabilities = answers[k]!.subarray(0, rows.length * classes);
    const { accuracy, interval } = accuracyOf(probabilities, truth, record.labels);
    return {
      probabilities,
      runtime: runner.runtime,
      accuracy,
      interval,
      milliseconds: times[k]! / rows.length,
    };
  });
  const [own, ...others] = figures.map(({ probabilities: _, ...rest }) => rest);
  return {
    trained: own!,
    exports: others.map((other, k) => ({
      ...other,
      ...parityOf({
        trained: figures[0]!.probabilities,
        exported: figures[k + 1]!.probabilities,
        classes,
        multiLabel: record.task === "multi-label",
      }),
    })),
    hardest: figures.slice(1).map(({ probabilities }) => {
      const row = hardestRow(figures[0]!.probabilities, probabilities, classes);
      return pictures.compared[rows[row] ?? -1];
    }),
    pictures: rows.length,
  };
}

/** The row that differs most; what is no number differs more than any. */
function hardestRow(trained: Float32Array, exported: Float32Array, classes: number): number {
  const rowOf = (all: Float32Array, row: number) => all.subarray(row * classes, (row + 1) * classes);
  const apart = Array.from({ length: trained.length / classes }, (_, row) => {
    const rows = { trained: rowOf(trained, row), exported: rowOf(exported, row) };
    const { largestDifference } = parityOf({ ...rows, classes });
    return Number.isNaN(largestDifference) ? Number.POSITIVE_INFINITY : largestDifference;
  });
  return apart.indexOf(Math.max(...apart));
}

/** An answer that is no number has no accuracy; such an export is refused for its difference. */
function accuracyOf(
  probabilities: Float32Array,
  truth: { readonly labels: Int32Array; readonly targets?: Float32Array },
  classes: readonly string[],
): Pick<AnyEvaluation, "accuracy" | "interval"> {
  if (probabilities.every((value) => Number.isFinite(value)))
    return evaluateAny({ ...truth, probabilities, classes });
  return { accuracy: Number.NaN, interval: [Number.NaN, Number.NaN] };
}

async function timed(
  runner: Runner,
  picture: Picture,
): Promise<{ answer: Float32Array; milliseconds: number }> {
  const begun = performance.now();
  const answer = await runner.run(picture);
  return { answer, milliseconds: performance.now() - begun };
}
