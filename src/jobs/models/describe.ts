import { rowNamed } from "../../hub/catalogue/index.ts";
import type { CatalogueRow } from "../../hub/catalogue/row.ts";
import { handleText } from "../../hub/handle.ts";
import type { Licence } from "../../hub/record.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { loadModel } from "../../onnx/load-node.ts";
import { featureCandidates } from "../../surgery/feature-vector.ts";
import { info, type ModelInfo } from "../info.ts";
import { type HubChoices, openHub, remoteHandle } from "./hub-node.ts";

export interface DescribeModelOptions extends HubChoices {
  readonly handle: string;
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a model by its handle. */
export interface DescribedModel {
  readonly handle: string;
  /** With nothing left open: a commit, a file. */
  readonly id: string;
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly bytes: number | null }[];
  readonly licence: Licence | null;
  readonly preprocess: string | null;
  /** The catalogue's own facts. */
  readonly row: CatalogueRow | null;
  readonly note: string | null;
  /** Of a model on this machine: what its file says, and the tensors that may serve as feature vector, the likeliest first. */
  readonly network: (ModelInfo & { readonly cuts: readonly string[] }) | null;
}

/** Tells of a model, from this machine where it was pulled, else from its hub. Throws what pulling throws. */
export async function describeModel(options: DescribeModelOptions): Promise<DescribedModel> {
  const handle = remoteHandle(options.handle);
  const text = handleText(handle);
  const hub = openHub(options);
  const stored = await hub.store.find(text);
  const known = stored?.record ?? (await hub.describe(handle, options.signal));
  const network = stored?.whole ? await networkOf(`${stored.folder}/${stored.record.model}`) : null;
  const { id, name, files, licence, preprocess, note } = known;
  return {
    handle: text,
    id,
    name,
    files: files.map(({ path, bytes }) => ({ path, bytes: bytes ?? null })),
    licence: licence ?? null,
    preprocess: preprocess ?? null,
    row: rowNamed(text) ?? null,
    note: note ?? null,
    network,
  };
}

async function networkOf(file: string): Promise<DescribedModel["network"]> {
  const model = await loadModel(file);
  const cuts = featureCandidates(inferShapes(model)).map(({ name }) => name);
  return { ...(await info({ model: file })), cuts };
}
