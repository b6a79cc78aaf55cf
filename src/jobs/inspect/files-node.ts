import { statSync } from "node:fs";
import { basename, dirname, extname, relative, resolve, sep } from "node:path";
import { closest } from "../../core/closest.ts";
import { UsageError } from "../../core/errors.ts";
import { isListName } from "../../data/names.ts";
import type { Dataset, Sample } from "../../data/sample.ts";
import { findingsCsv, listCsv } from "../../doctor/csv.ts";
import type { MeasuredCurve } from "../../doctor/curve.ts";
import { type DataFinding, type FindingKind, findingKinds } from "../../doctor/finding.ts";
import { ResultFolder } from "../result-folder-node.ts";
import { liesIn } from "../run-files-node.ts";

export interface InspectFiles {
  /** A table of the findings. */
  readonly csv?: string | undefined;
  /** A list of the pictures without those that the findings say to leave out: train on it instead of the data. */
  readonly apply?: string | undefined;
  /** Kinds that `apply` leaves out besides unreadable and blank pictures and duplicates across parts. */
  readonly drop?: readonly string[] | undefined;
  /** A folder for doctor.json and, with a learning curve, learning-curve.svg. */
  readonly out?: string | undefined;
}

/** What nobody would keep: it cannot be read, shows nothing, or flatters the figures. */
const always: readonly FindingKind[] = ["unreadable", "blank", "duplicate-across-parts"];

interface Written {
  readonly written: readonly string[];
  readonly left?: { readonly kept: number; readonly dropped: number; readonly kinds: readonly FindingKind[] };
}

/** The files that an inspection was asked for; their folders are made before hours of looking, not after. */
export class InspectionFiles {
  readonly #options: InspectFiles & { readonly data: string };
  readonly #kinds: readonly FindingKind[];
  readonly #folders: Map<string, ResultFolder>;

  private constructor(
    options: InspectFiles & { readonly data: string },
    kinds: readonly FindingKind[],
    folders: Map<string, ResultFolder>,
  ) {
    this.#options = options;
    this.#kinds = kinds;
    this.#folders = folders;
  }

  /** Throws UsageError for kinds that are none and names that cannot be, RecordError for folders that cannot be made. */
  static async create(options: InspectFiles & { readonly data: string }): Promise<InspectionFiles> {
    const kinds = [...new Set([...always, ...kindsOf(options)])];
    checkFiles(options);
    const { csv, apply, out } = options;
    const paths = [csv && dirname(csv), apply && dirname(apply), out].filter((path) => path !== undefined);
    const folders = new Map<string, ResultFolder>();
    for (const path of paths) {
      if (!folders.has(path)) folders.set(path, await ResultFolder.create(path, options.data));
    }
    return new InspectionFiles(options, kinds, folders);
  }

  /** Throws UsageError where a list could not name the pictures of this data. */
  check({ samples, path }: Dataset): void {
    const { apply, data } = this.#options;
    if (apply === undefined) return;
    const onDisk = statSync(data).isDirectory() || isListName(data);
    if (onDisk && samples.every(({ content }) => content.kind === "file")) return;
    throw new UsageError(
      {
        what: `A list cannot name the pictures of ${path}:`,
        why: "they are no files on a disk.",
        next: "Unpack the data first, or leave out --apply.",
      },
      { option: "apply", value: apply },
    );
  }

  async write(
    samples: readonly Sample[],
    result: { readonly findings: readonly DataFinding[]; readonly learningCurve?: MeasuredCurve },
  ): Promise<Written> {
    const { csv, apply, out, data } = this.#options;
    const written: string[] = [];
    const put = async (folder: string, name: string, text: string): Promise<void> => {
      const at = this.#folders.get(folder);
      if (at) written.push(await at.write(name, text));
    };
    if (csv !== undefined) await put(dirname(csv), basename(csv), findingsCsv(result.findings));
    if (out !== undefined) {
      await put(out, "doctor.json", `${JSON.stringify(result, null, 2)}\n`);
      const { learningCurve } = result;
      if (learningCurve) {
        // Drawing comes with a library of charts: nobody else pays for loading it.
        const { learningCurveChart } = await import("../../plot/learning-curve-chart.ts");
        await put(out, "learning-curve.svg", learningCurveChart(learningCurve));
      }
    }
    if (apply === undefined) return { written };
    const dropped = new Set(
      result.findings.filter(({ kind }) => this.#kinds.includes(kind)).flatMap(({ drop }) => drop),
    );
    const kept = samples.filter(({ id }) => !dropped.has(id));
    const root = statSync(data).isDirectory() ? resolve(data) : dirname(resolve(data));
    const listed = kept.map(({ id, label, part }) => {
      const path = relative(dirname(resolve(apply)), resolve(root, id))
        .split(sep)
        .join("/");
      return { path, label, part };
    });
    await put(dirname(apply), basename(apply), listCsv(listed));
    const left = { kept: kept.length, dropped: samples.length - kept.length, kinds: this.#kinds };
    return { written, left };
  }

  /** Takes folders away again in which nothing came to stand. */
  async close(): Promise<void> {
    for (const folder of this.#folders.values()) await folder.close();
  }
}

function kindsOf({ drop = [], apply }: InspectFiles): FindingKind[] {
  const known: readonly string[] = findingKinds;
  for (const kind of drop) {
    if (known.includes(kind)) continue;
    const near = closest(kind, known)[0];
    throw new UsageError(
      {
        what: `--drop ${kind} is no kind of finding.`,
        next: `Choose among ${known.join(", ")}.${near ? ` Closest: ${near}.` : ""}`,
      },
      { option: "drop", value: kind },
    );
  }
  if (drop.length > 0 && apply === undefined) {
    throw new UsageError(
      {
        what: "--drop says what a cleaned list leaves out, and none is asked for.",
        next: "Add --apply FILE.",
      },
      { option: "drop", value: drop },
    );
  }
  return findingKinds.filter((kind) => drop.includes(kind));
}

function checkFiles({ csv, apply, data }: InspectFiles & { readonly data: string }): void {
  for (const [option, file] of Object.entries({ csv, apply })) {
    if (file === undefined) continue;
    const isOwn = liesIn(file, data);
    if (extname(file).toLowerCase() === ".csv" && !isOwn) continue;
    throw new UsageError(
      {
        what: isOwn ? `${file} lies in the data itself.` : `${file} is no name of a CSV file.`,
        next: isOwn ? "Write it elsewhere: pictures are never touched." : "End it in .csv.",
      },
      { option, value: file },
    );
  }
}
