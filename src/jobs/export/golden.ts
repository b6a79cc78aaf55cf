import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reason } from "../../core/errors.ts";
import { isFields } from "../../core/json.ts";
import { decodeBytes } from "../../data/decode-sharp.ts";
import { encodePng } from "../../data/encode-sharp.ts";
import type { Pixels } from "../../data/sample.ts";
import { ClassifierError } from "../../export/errors.ts";
import type { Files } from "./formats.ts";
import type { RunPictures } from "./pictures.ts";
import type { Fitting, Runner } from "./runner.ts";

/** Pictures of exactly the network's size with what the trained model says of them: any runtime can be held to it. */
export interface Golden {
  /** Side of the pictures. */
  readonly size: number;
  readonly classes: readonly string[];
  readonly multiLabel: boolean;
  /** sha256 of the trained model's file. */
  readonly model: string;
  readonly pictures: readonly {
    readonly file: string;
    readonly probabilities: readonly number[];
  }[];
}

export const goldenFolder = "golden";
const goldenFile = "golden.json";
const goldenCount = 8;

/** The first pictures compared, fitted, as PNG files, and what the trained model says of those files. */
export async function makeGolden(
  { compared, read }: RunPictures,
  trained: Runner,
  fitting: Fitting,
  about: Omit<Golden, "pictures">,
): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  const pictures: { file: string; probabilities: number[] }[] = [];
  for (const sample of compared) {
    if (pictures.length === goldenCount) break;
    const pixels = await read(sample);
    if (pixels === undefined) continue;
    const square = fitting.squareOf(await fitting.fit(pixels));
    const file = `${pictures.length + 1}.png`;
    files.set(`${goldenFolder}/${file}`, await encodePng(square));
    const probabilities = await trained.run({ pixels: square, image: Float32Array.from(square.data) });
    pictures.push({ file, probabilities: [...probabilities] });
  }
  const golden: Golden = { ...about, pictures };
  files.set(
    `${goldenFolder}/${goldenFile}`,
    new TextEncoder().encode(`${JSON.stringify(golden, null, 2)}\n`),
  );
  return files;
}

/** Golden pairs that travel with an export. Throws ClassifierError where there are none, or they are not whole. */
export async function readGolden(folder: string): Promise<Golden & { readonly pixels: readonly Pixels[] }> {
  const file = join(folder, goldenFolder, goldenFile);
  const broken = (why: string, cause?: unknown): ClassifierError =>
    new ClassifierError(
      {
        what: `There are no golden pictures to hold the export to: ${file}`,
        why: `${why}.`,
        next: "Keep the folder 'golden' beside the export, as `tsugiki export` wrote it; or export again.",
      },
      { file },
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw broken(reason(cause), cause);
  }
  if (!isGolden(value)) throw broken("It is not what an export writes");
  const pixels: Pixels[] = [];
  for (const { file: name } of value.pictures) {
    const picture = await readFile(join(folder, goldenFolder, name)).catch((cause: unknown) => {
      throw broken(reason(cause), cause);
    });
    const decoded = await decodeBytes(picture);
    if (decoded.width !== value.size || decoded.height !== value.size)
      throw broken(`${name} is ${decoded.width} x ${decoded.height}, not ${value.size} x ${value.size}`);
    pixels.push(decoded);
  }
  return { ...value, pixels };
}

/** A name that stays in its folder. */
const plainName = /^[\w-]+\.png$/;

function isGolden(value: unknown): value is Golden {
  if (!isFields(value)) return false;
  const { size, classes, multiLabel, model, pictures } = value;
  if (!Number.isInteger(size) || !Array.isArray(classes) || typeof model !== "string") return false;
  if (typeof multiLabel !== "boolean" || !Array.isArray(pictures) || pictures.length === 0) return false;
  return pictures.every((picture: unknown) => {
    if (!isFields(picture)) return false;
    const { file, probabilities } = picture;
    return (
      typeof file === "string" &&
      plainName.test(file) &&
      Array.isArray(probabilities) &&
      probabilities.length === classes.length &&
      probabilities.every((each) => Number.isFinite(each))
    );
  });
}

/** Writes files below a folder, making folders as they are needed; each is put in place whole. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, bytes] of files) {
    const path = join(folder, ...name.split("/"));
    const aside = join(dirname(path), `.tsugiki-${process.pid}-${basename(path)}`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(aside, bytes);
    await rename(aside, path);
  }
}
