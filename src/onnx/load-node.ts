import { randomBytes } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { reason, TsugikiError } from "../core/errors.ts";
import { ModelFileError } from "./errors.ts";
import type { Model } from "./graph.ts";
import { type ExternalData, readModel } from "./read.ts";
import { writeModelChunks } from "./write.ts";

/**
 * Reads a model and the weights files beside it. Throws ModelFileError where a file cannot be read or lies outside the
 * model's folder, and OnnxFormatError where it is no ONNX model.
 */
export async function loadModel(path: string): Promise<Model> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new ModelFileError(
      { what: `Cannot read the model '${path}'.`, why: `${reason(error)}.`, next: "Check the path." },
      { path },
      { cause: error },
    );
  }
  return readModel(bytes, { externalData: sidecars(dirname(path)) });
}

/** Reads the files beside a model, each once. */
function sidecars(folder: string): ExternalData {
  const contents = new Map<string, Uint8Array>();
  return (location, offset, length) => {
    const data = contents.get(location) ?? readSidecar(folder, location);
    contents.set(location, data);
    const end = length === undefined ? data.length : offset + length;
    if (offset > data.length || end > data.length) {
      const path = join(folder, location);
      throw new ModelFileError(
        {
          what: `The model wants bytes ${offset} to ${end} of '${path}', which has ${data.length}.`,
          why: "The weights file is cut short or belongs to another model.",
          next: "Download both files again, together.",
        },
        { path },
      );
    }
    return data.subarray(offset, end);
  };
}

function readSidecar(folder: string, location: string): Uint8Array {
  const path = join(folder, location);
  const refuse = (why: string, next: string, cause?: unknown): ModelFileError =>
    new ModelFileError(
      { what: `Cannot read the model's weights '${path}'.`, why, next },
      { path },
      { cause },
    );
  const outside = () =>
    refuse(
      "It lies outside the model's folder, which may not be read for it.",
      "Put the weights beside the model.",
    );
  if (isAbsolute(location) || location.split(/[/\\]/).includes("..") || location.includes("\0"))
    throw outside();
  try {
    const home = realpathSync(folder);
    const real = realpathSync(path);
    const inside = relative(home, real);
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw outside();
    if (!statSync(real).isFile()) throw refuse("It is no regular file.", "Put the weights beside the model.");
    const bytes = readFileSync(real);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    if (error instanceof TsugikiError) throw error;
    throw refuse(
      `${reason(error)}.`,
      "Download it into the model's folder, under the name it has there.",
      error,
    );
  }
}

/**
 * Writes a model to a file: under a temporary name in the same folder first, so that `path` never holds half a model.
 * Throws ModelFileError.
 */
export async function saveModel(path: string, model: Model): Promise<void> {
  const chunks = writeModelChunks(model);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  try {
    const file = await open(temporary, "wx");
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new ModelFileError(
      {
        what: `Cannot write the model '${path}'.`,
        why: `${reason(error)}.`,
        next: "Check that the folder exists and has room.",
      },
      { path },
      { cause: error },
    );
  }
}
