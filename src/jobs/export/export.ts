import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { listOf } from "../../core/list.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { readClassifierFile } from "../classifier-node.ts";
import { keepExports } from "../report/exports-node.ts";
import { report } from "../report/report.ts";
import { readRun } from "../report/run-node.ts";
import { type Compared, type ComparingEvent, type Comparison, compare } from "./compare.ts";
import { documentsOf } from "./documents.ts";
import { ParityError } from "./errors.ts";
import { examplesOf } from "./examples.ts";
import { type Files, type Format, formats, type Trained, type Written } from "./formats.ts";
import { makeGolden, writeFiles } from "./golden.ts";
import { openPictures, type RunPictures } from "./pictures.ts";
import { Fitting, oneThread, pixelsRunner, type Runner } from "./runner.ts";

export interface ExportOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** Names of formats: see `exportFormats`. Default: onnx. */
  readonly to?: readonly string[] | undefined;
  /** Folder for the files. Default: `export` in the run's folder. */
  readonly out?: string | undefined;
  /** What the files are called. Default: the run's name. */
  readonly name?: string | undefined;
  /** Where the run's pictures are now, if they moved. */
  readonly data?: string | undefined;
  /** The least share of pictures on which an export must say what the trained model says. Default: 0.99, int8 0.97. */
  readonly minAgreement?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ExportEvent = { readonly type: "writing"; readonly format: string } | ComparingEvent;

/** One export that was handed over. */
export interface ExportedFile extends Compared {
  readonly format: string;
  /** Its file or folder in `out`. */
  readonly path: string;
  readonly bytes: number;
  readonly keptInFloat?: readonly string[];
}

export interface ExportResult {
  readonly out: string;
  readonly name: string;
  /** Pictures that each export was compared on, and the parts that they are of. */
  readonly pictures: number;
  readonly parts: RunPictures["parts"];
  readonly trained: Comparison["trained"];
  readonly exports: readonly ExportedFile[];
}

/** Names of the formats, each with what it is. */
export const exportFormats: readonly Pick<Format, "name" | "what">[] = formats.map(({ name, what }) => ({
  name,
  what,
}));

/**
 * Writes a classifier in other formats, runs each in the runtime that it is made for on the run's own validation pictures
 * beside the trained model, and hands over what says the same. Throws UsageError for options that mean nothing, ExportError
 * for a format that cannot hold this network, ParityError where an export differs too much: then nothing is written.
 */
export async function* exportModel(options: ExportOptions): AsyncGenerator<ExportEvent, ExportResult> {
  const { model: path, signal } = options;
  const chosen = formatsOf(options.to ?? ["onnx"]);
  checkAgreement(options.minAgreement);
  const { file, bytes, model, record } = await readClassifierFile(path);
  const { size } = listOf(record.preprocess)[0]!;
  const name = nameOf(options.name ?? basename(dirname(file)));
  const out = options.out ?? join(dirname(file), "export");
  const run = await readRun(path);
  const pictures = await openPictures(run, record, { data: options.data, signal });
  const runners: Runner[] = [];
  const fitting = await Fitting.open(nodeRuntime(), listOf(record.preprocess)[0]!);
  try {
    const runtime = nodeRuntime();
    const trained = pixelsRunner(await runtime.load(bytes, oneThread), runtime.name);
    runners.push(trained);
    async function* calibration() {
      for (const sample of pictures.calibrated) {
        const pixels = await pictures.read(sample);
        if (pixels !== undefined) yield pixels;
      }
    }
    const source: Trained = { name, bytes, model, record, calibration };
    const written: Written[] = [];
    for (const format of chosen) {
      signal?.throwIfAborted();
      yield { type: "writing", format: format.name };
      const each = await format.write(source);
      written.push(each);
      runners.push(await format.open(each.files, name, size));
    }
    const exported = runners.slice(1);
    const comparison = yield* compare({ trained, exports: exported, pictures, fitting, record, signal });
    const exports = chosen.map((format, i): ExportedFile => {
      const { files, keptInFloat } = written[i]!;
      return {
        format: format.name,
        path: format.path(name),
        bytes: sizeOf(files),
        ...comparison.exports[i]!,
        ...(keptInFloat && { keptInFloat }),
      };
    });
    for (const [i, format] of chosen.entries()) {
      const worst = async (): Promise<readonly string[]> => {
        const hardest = comparison.hardest[i];
        const pixels = hardest && (await pictures.read(hardest));
        const square = pixels && fitting.squareOf(await fitting.fit(pixels));
        return square && written[i]!.worst
          ? await written[i]!.worst({ pixels: square, image: Float32Array.from(square.data) })
          : [];
      };
      await refuseDifferent(exports[i]!, options.minAgreement ?? format.leastAgreement, worst);
    }
    const about = {
      size,
      classes: record.labels,
      multiLabel: record.task === "multi-label",
      model: await sha256(bytes),
    };
    const golden = await makeGolden(pictures, trained, fitting, about);
    const result: ExportResult = {
      out,
      name,
      pictures: comparison.pictures,
      parts: pictures.parts,
      trained: comparison.trained,
      exports,
    };
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const documents: Files = new Map([
      ...documentsOf(name, record, run, { exports, compared: comparison.pictures }),
      ["parity.json", text(`${JSON.stringify({ ...result, out: undefined }, null, 2)}\n`)],
      ...[...examplesOf(name, exports, about)].map(
        ([example, code]) => [`examples/${example}`, text(code)] as const,
      ),
    ]);
    for (const files of [...written.map((each) => each.files), golden, documents])
      await writeFiles(out, files);
    await keepExports(
      run.folder,
      exports.map((each) => ({ ...each, trainedAccuracy: comparison.trained.accuracy })),
    );
    // A report that is there tells of the exports from now on.
    if (existsSync(join(run.folder, "report.html"))) await report({ run: run.folder, signal });
    return result;
  } finally {
    for (const runner of runners) await runner.close();
    await fitting.close();
    await pictures.close();
  }
}

function sizeOf(files: Files): number {
  return [...files.values()].reduce((sum, { length }) => sum + length, 0);
}

function formatsOf(names: readonly string[]): readonly Format[] {
  const known = formats.map(({ name }) => name);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined && names.length > 0) return formats.filter(({ name }) => names.includes(name));
  throw new UsageError(
    {
      what: stranger === undefined ? "No format is named." : `There is no format '${stranger}'.`,
      next: `Name one or more of ${known.join(", ")}, with commas between them.`,
    },
    { option: "to", value: names },
  );
}

/** A name that is a plain file name on every system. */
function nameOf(name: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name) && !/[. ]$/.test(name)) return name;
  throw new UsageError(
    {
      what: `${JSON.stringify(name)} cannot be the name of a file everywhere.`,
      next: "Give one of letters, digits, '-' and '_': --name flowers.",
    },
    { option: "name", value: name },
  );
}

function checkAgreement(value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= 1)) return;
  throw new UsageError(
    {
      what: `An agreement of ${value} means nothing.`,
      next: "Give a share from 0 to 1: --min-agreement 0.98.",
    },
    { option: "minAgreement", value },
  );
}

async function refuseDifferent(
  { format, agreement, agreed, pictures, largestDifference }: ExportedFile,
  least: number,
  worstNodes: () => Promise<readonly string[]>,
): Promise<void> {
  if (agreement >= least && Number.isFinite(largestDifference)) return;
  const worst = (await worstNodes()).slice(0, 5);
  const where = worst.length > 0 ? ` It goes wrong at ${worst.join(", ")}.` : "";
  throw new ParityError(
    {
      what: `The export '${format}' says the same as the trained model on ${agreed} of ${pictures} pictures only.`,
      why: Number.isFinite(largestDifference)
        ? `That is ${agreement.toFixed(3)}, and at least ${least} is asked; probabilities differ by up to ${largestDifference.toFixed(3)}.${where}`
        : `Some of its answers are no numbers.${where}`,
      next: "Nothing was written. Leave this format out, or let more pass with --min-agreement.",
    },
    { format, agreement, least, worst },
  );
}
