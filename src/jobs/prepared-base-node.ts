import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/hash.ts";
import type { Model } from "../onnx/graph.ts";
import { readModel } from "../onnx/read.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime } from "../runtime/session.ts";
import { type Backbone, type BackboneOptions, prepareBackbone } from "../train/backbone.ts";
import { writeFiles } from "./export/golden.ts";
import { version as tsugiki } from "./version-node.ts";

/** Raise it when a base is made ready otherwise. */
const version = 1;

/** Of a larger one the copy on disk would weigh more than the second that it spares. */
const mostBytes = 64 * 1024 ** 2;

type Facts = Omit<Backbone, "name" | "model" | "bytes">;

/**
 * `prepareBackbone`, its answer kept in this folder: the same network made ready the same way by the same engine is read
 * instead of being folded and tried again. A kept one that cannot be read is made anew; a folder that cannot be written
 * keeps nothing.
 */
export async function keptBackbone(
  folder: string,
  original: Model,
  options: BackboneOptions,
  runtime: Runtime,
): Promise<Backbone> {
  const file = writeModel(original);
  if (file.length > mostBytes) return prepareBackbone(original, options, runtime);
  const { name, ...asked } = options;
  const recipe = JSON.stringify([version, tsugiki, runtime.name, asked]);
  const key = await sha256(`${await sha256(file)} ${recipe}`);
  const kept = await read(folder, key).catch(() => undefined);
  if (kept !== undefined) return { name, ...kept };
  const backbone = await prepareBackbone(original, options, runtime);
  await keep(folder, key, backbone).catch(() => undefined);
  return backbone;
}

/** Throws where there is none, or it is damaged. */
async function read(folder: string, key: string): Promise<Omit<Backbone, "name">> {
  const facts: Facts & { readonly sha256: string } = JSON.parse(
    await readFile(join(folder, `${key}.json`), "utf8"),
  );
  const { sha256: hash, ...rest } = facts;
  const bytes = await readFile(join(folder, `${key}.onnx`));
  if ((await sha256(bytes)) !== hash) throw new Error("damaged");
  // JSON has no undefined: a licence that is not known is not there.
  return { ...rest, licence: rest.licence, bytes, model: readModel(bytes) };
}

/** The file that tells of the other is written last. */
async function keep(
  folder: string,
  key: string,
  { name: _, model, bytes, ...facts }: Backbone,
): Promise<void> {
  const told = JSON.stringify({ ...facts, sha256: await sha256(bytes) });
  const files = new Map([
    [`${key}.onnx`, bytes],
    [`${key}.json`, new TextEncoder().encode(told)],
  ]);
  await writeFiles(folder, files);
}
