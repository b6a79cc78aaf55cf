import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Remote } from "../../hub/handle.ts";
import { parseHandle } from "../../hub/parse.ts";
import { type NormalisationName, normalisationNames } from "../../surgery/preprocess.ts";
import { classifierFile } from "../classifier-node.ts";
import { openHub } from "./hub-node.ts";

/** What messages call the backbone that comes with Tsugiki. */
export const boxName = "box";
export const boxFile = fileURLToPath(new URL("../../../box/backbone.onnx", import.meta.url));

/** A base on this machine. */
export interface LocatedBase {
  readonly file: string;
  /** What messages and records call it. */
  readonly name: string;
  /** Its licence, and how its pixels are normalised, where it was pulled and its hub says so. */
  readonly licence?: string;
  readonly stated?: NormalisationName;
}

/**
 * Where a base lies: the box's, a file's own path, or that of what its handle stands for, pulled first where it is not here.
 * Throws HandleError and what pulling throws.
 */
export async function locateBase({
  base = boxName,
  offline,
  acceptLicence,
}: {
  readonly base?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly acceptLicence?: boolean | undefined;
}): Promise<LocatedBase> {
  if (base === boxName) return { file: boxFile, name: boxName };
  const handle = pulledHandle(base);
  if (handle === undefined) return inFolder(base);
  const { record, file } = await openHub({ offline }).pull(handle, { acceptLicence });
  const stated = normalisationNames.find((name) => name === record.preprocess);
  return {
    file,
    name: record.handle,
    ...(record.licence && { licence: record.licence.id }),
    ...(stated && { stated }),
  };
}

/** A file, or the classifier in a run's folder. */
function inFolder(path: string): LocatedBase {
  return { file: classifierFile(path), name: basename(path) };
}

/** Whether a base is named by a handle that has to be pulled. Throws HandleError. */
export function isPulled(base: string): boolean {
  return pulledHandle(base) !== undefined;
}

/** The handle that has to be pulled, if any: a file in this folder comes before a row of the catalogue that is called like it. */
function pulledHandle(base: string): Remote | undefined {
  if (base === boxName) return undefined;
  const handle = parseHandle(base);
  return handle.kind === "file" || (handle.kind === "name" && existsSync(base)) ? undefined : handle;
}
