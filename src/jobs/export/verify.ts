import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { listOf } from "../../core/list.ts";
import { ClassifierError } from "../../export/errors.ts";
import { type Parity, parityOf } from "../../export/parity.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { readClassifierFile } from "../classifier-node.ts";
import { readRun } from "../report/run-node.ts";
import { type ComparingEvent, type Comparison, compare } from "./compare.ts";
import { type Files, type Format, formats } from "./formats.ts";
import { readGolden } from "./golden.ts";
import { openPictures } from "./pictures.ts";
import { Fitting, oneThread, pixelsRunner } from "./runner.ts";

export interface VerifyOptions {
  /** An export: its file, or the folder of those that are folders. */
  readonly file: string;
  /** A run's folder, or its `model.onnx`: compares on the run's validation pictures too. */
  readonly against?: string | undefined;
  /** Where the run's pictures are now, if they moved. */
  readonly data?: string | undefined;
  /** The least agreement that passes. Default: the format's own, 0.99, int8 0.97. */
  readonly minAgreement?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifyResult {
  readonly file: string;
  readonly format: string;
  readonly runtime: string;
  /** On the golden pictures that travel with the export. */
  readonly golden: Parity;
  /** On the run's own pictures, where a run was named. */
  readonly pictures: (Comparison["exports"][number] & { readonly trained: Comparison["trained"] }) | null;
  readonly least: number;
  /** Whether it says what the trained model says, everywhere that was looked. */
  readonly passed: boolean;
}

/**
 * Holds an export to what the trained model says: on the golden pictures beside it and, against a run, on the run's
 * validation pictures. Throws UsageError for a file of no known format, ClassifierError where golden pictures are missing.
 */
export async function* verify(options: VerifyOptions): AsyncGenerator<ComparingEvent, VerifyResult> {
  const { format, name, files, folder } = await openExport(options.file);
  const least = options.minAgreement ?? format.leastAgreement;
  const golden = await readGolden(folder);
  const runner = await format.open(files, name, golden.size);
  try {
    const classes = golden.classes.length;
    const trained = Float32Array.from(golden.pictures.flatMap(({ probabilities }) => probabilities));
    const exported = new Float32Array(trained.length).fill(Number.NaN);
    for (const [i, pixels] of golden.pixels.entries()) {
      options.signal?.throwIfAborted();
      const answer = await runner.run({ pixels, image: Float32Array.from(pixels.data) });
      if (answer.length === classes) exported.set(answer, i * classes);
    }
    const onGolden = parityOf({ trained, exported, classes, multiLabel: golden.multiLabel });
    const against = options.against;
    const pictures = against === undefined ? null : yield* compareWithRun(against, runner, options);
    // A share of a few pictures is no whole number of them: then one picture more may differ.
    const passes = ({ pictures: n, agreed, largestDifference }: Parity): boolean =>
      n - agreed <= Math.ceil(n * (1 - least) - 1e-9) && Number.isFinite(largestDifference);
    return {
      file: options.file,
      format: format.name,
      runtime: runner.runtime,
      golden: onGolden,
      pictures,
      least,
      passed: passes(onGolden) && (pictures === null || passes(pictures)),
    };
  } finally {
    await runner.close();
  }
}

async function* compareWithRun(
  run: string,
  exported: Awaited<ReturnType<Format["open"]>>,
  { data, signal }: VerifyOptions,
): AsyncGenerator<ComparingEvent, NonNullable<VerifyResult["pictures"]>> {
  const { bytes, record } = await readClassifierFile(run);
  const pictures = await openPictures(await readRun(run), record, { data, signal });
  const runtime = nodeRuntime();
  const fitting = await Fitting.open(runtime, listOf(record.preprocess)[0]!);
  const trained = pixelsRunner(await runtime.load(bytes, oneThread), runtime.name);
  try {
    const comparison = yield* compare({ trained, exports: [exported], pictures, fitting, record, signal });
    return { ...comparison.exports[0]!, trained: comparison.trained };
  } finally {
    await trained.close();
    await fitting.close();
    await pictures.close();
  }
}

/** Larger files are no exports of picture classifiers. */
const mostBytes = 2 ** 31;

/** An export by its path: which format it is, and its files as they were written. */
async function openExport(
  path: string,
): Promise<{ format: Format; name: string; files: Files; folder: string }> {
  const file = resolve(path);
  const info = await stat(file).catch((cause: unknown) => {
    throw new ClassifierError(
      { what: `There is no export at ${path}.`, next: "`tsugiki export` writes one." },
      { file: path },
      { cause },
    );
  });
  const folder = dirname(file);
  // The longest ending decides: "-fp16.onnx" before ".onnx".
  const known = formats
    .map((format) => ({ format, ending: format.path("") }))
    .filter(({ ending }) => basename(file).endsWith(ending) && basename(file).length > ending.length)
    .sort((a, b) => b.ending.length - a.ending.length)[0];
  if (known === undefined) {
    throw new UsageError(
      {
        what: `${path} has no name that an export has.`,
        why: `Exports end in ${formats.map((format) => format.path("")).join(", ")}.`,
        next: "Name the file, or the folder, as `tsugiki export` wrote it.",
      },
      { option: "file", value: path },
    );
  }
  const name = basename(file).slice(0, -known.ending.length);
  const files = new Map<string, Uint8Array>();
  if (!info.isDirectory()) files.set(basename(file), await bounded(file, info.size));
  else {
    for (const entry of await readdir(file, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const each = join(entry.parentPath, entry.name);
      const { size } = await stat(each);
      files.set(relative(folder, each).split(sep).join("/"), await bounded(each, size));
    }
  }
  return { format: known.format, name, files, folder };
}

async function bounded(file: string, size: number): Promise<Uint8Array> {
  if (size <= mostBytes) return new Uint8Array(await readFile(file));
  throw new ClassifierError(
    { what: `${file} is too large to be an export: ${size} bytes.`, next: "Check the path." },
    { file },
  );
}
