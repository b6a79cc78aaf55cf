import { mkdir, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { UsageError } from "../core/errors.ts";
import type { Pixels } from "../data/sample.ts";
import { orSkipped, type SkippedPicture } from "../train/picture.ts";
import { Explainer, type ExplainPictureOptions, type Explanation } from "./explainer-node.ts";

export interface ExplainOptions extends ExplainPictureOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** A file, an encoded picture in memory, or pixels. */
  readonly picture: string | Uint8Array | Pixels;
}

/**
 * Where a classifier looked in one picture; of many, load an `Explainer` once. Throws ClassifierError for a model that is
 * none, and what `Explainer.explain` does.
 */
export async function explain({ model, picture, ...options }: ExplainOptions): Promise<Explanation> {
  const explainer = await Explainer.load(model);
  try {
    return await explainer.explain(picture, options);
  } finally {
    await explainer.close();
  }
}

export interface ExplainFilesOptions extends ExplainPictureOptions {
  readonly model: string;
  readonly pictures: readonly string[];
  /** The folder for the overlays. Default: `explained` in the current one. */
  readonly out?: string | undefined;
}

export interface ExplainedFile extends Explanation {
  readonly type: "explained";
  readonly file: string;
  /** The overlay that was written. */
  readonly written: string;
  readonly done: number;
  readonly total: number;
}

/** A picture that could not be read; the others go on. */
export interface UnexplainedFile extends SkippedPicture {
  readonly type: "failed";
  readonly done: number;
  readonly total: number;
}

/** Writes `NAME.heat.png` for each picture, in the order given; files of an earlier call are replaced. */
export async function* explainFiles(
  options: ExplainFilesOptions,
): AsyncGenerator<ExplainedFile | UnexplainedFile, void> {
  const { model, pictures, out = "explained", ...asked } = options;
  if (pictures.length === 0) {
    throw new UsageError(
      { what: "There is nothing to explain.", next: "Name pictures." },
      { option: "pictures", value: [] },
    );
  }
  const explainer = await Explainer.load(model);
  try {
    const taken = new Set<string>();
    const total = pictures.length;
    for (const [i, file] of pictures.entries()) {
      asked.signal?.throwIfAborted();
      const done = i + 1;
      const found = await orSkipped(file, () => explainer.explain(file, asked));
      if ("reason" in found) {
        yield { type: "failed", ...found, done, total };
        continue;
      }
      const written = join(out, freeName(file, taken));
      await mkdir(out, { recursive: true });
      await writeFile(written, found.overlay);
      yield { type: "explained", file, written, ...found, done, total };
    }
  } finally {
    await explainer.close();
  }
}

/** Pictures of one name in several folders each keep an overlay of their own. */
function freeName(file: string, taken: Set<string>): string {
  const { name } = parse(file);
  const at = (n: number): string => `${name}${n === 1 ? "" : `-${n}`}.heat.png`;
  let n = 1;
  while (taken.has(at(n).toLowerCase())) n++;
  taken.add(at(n).toLowerCase());
  return at(n);
}
