import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../core/hash.ts";
import type { Fields } from "../../core/json.ts";
import type { ExportRow } from "../../report/data.ts";
import { fieldsOf, listIn, numberOf, textOf } from "./checks.ts";

/** Where a run keeps what its exports came to. */
const fileName = "exports.json";

/** What a run's exports came to; those of a model that was since trained anew do not count. Nothing is thrown: it is a note. */
export async function readExports(run: string): Promise<readonly ExportRow[]> {
  const text = await readFile(join(run, fileName), "utf8").catch(() => "{}");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const { model, exports } = fieldsOf(value);
  if (listIn(exports).length === 0 || model !== (await modelHash(run))) return [];
  return listIn(exports).flatMap((each) => rowOf(fieldsOf(each)) ?? []);
}

/** Keeps rows beside those of earlier exports; a format written again takes its earlier row's place. */
export async function keepExports(run: string, rows: readonly ExportRow[]): Promise<void> {
  const fresh = new Set(rows.map(({ format }) => format));
  const earlier = (await readExports(run)).filter(({ format }) => !fresh.has(format));
  const text = JSON.stringify({ model: await modelHash(run), exports: [...earlier, ...rows] }, null, 2);
  const aside = join(run, `.tsugiki-${process.pid}-${fileName}`);
  await writeFile(aside, `${text}\n`);
  await rename(aside, join(run, fileName));
}

/** Of a run's model; of nothing where it is gone. */
export async function modelHash(run: string): Promise<string> {
  return sha256(await readFile(join(run, "model.onnx")).catch(() => new Uint8Array()));
}

function rowOf(fields: Fields): ExportRow | undefined {
  const [format, path, runtime] = [textOf(fields.format), textOf(fields.path), textOf(fields.runtime)];
  const [bytes, milliseconds] = [numberOf(fields.bytes), numberOf(fields.milliseconds)];
  const [pictures, agreed] = [numberOf(fields.pictures), numberOf(fields.agreed)];
  const largestDifference = numberOf(fields.largestDifference);
  const [accuracy, trainedAccuracy] = [numberOf(fields.accuracy), numberOf(fields.trainedAccuracy)];
  if (format === undefined || path === undefined || runtime === undefined) return undefined;
  if (bytes === undefined || milliseconds === undefined || pictures === undefined) return undefined;
  if (agreed === undefined || largestDifference === undefined) return undefined;
  if (accuracy === undefined || trainedAccuracy === undefined) return undefined;
  return {
    ...{ format, path, bytes, pictures, agreed, largestDifference },
    ...{ accuracy, trainedAccuracy, milliseconds, runtime },
  };
}
