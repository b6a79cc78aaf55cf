import { UsageError } from "../../core/errors.ts";
import { handleText } from "../../hub/handle.ts";
import { parseHandle } from "../../hub/parse.ts";
import type { StoredModel } from "../../hub/store-node.ts";
import { type HubChoices, openHub } from "./hub-node.ts";

export interface ManageOptions extends HubChoices {
  /** As they were pulled; left out: all there are. */
  readonly handles?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifiedModel {
  readonly handle: string;
  readonly name: string;
  readonly bytes: number;
  /** Whether its files were removed to make room; it is remembered, and comes back the same. */
  readonly evicted: boolean;
  /** Files whose bytes are not those that were pulled, or that are gone. */
  readonly damaged: readonly string[];
}

export interface RemovedModels {
  readonly removed: readonly string[];
  /** Bytes that are free again: files of several models are freed with the last of them. */
  readonly freed: number;
}

/** Reads pulled models again and holds them to their hashes, one after another. Throws UsageError for one never pulled. */
export async function* verifyModels(options: ManageOptions = {}): AsyncGenerator<VerifiedModel, void> {
  const { store } = openHub(options);
  const models = await chosen(await store.list(), options.handles);
  for (const model of models) {
    options.signal?.throwIfAborted();
    const { handle, name, files } = model.record;
    const damaged = model.evicted ? [] : (await store.damaged(model)).map(({ path }) => path);
    yield {
      handle,
      name,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      evicted: model.evicted,
      damaged,
    };
  }
}

/** Forgets pulled models, and with them what they were pinned to. Throws UsageError for one never pulled. */
export async function removeModels(options: ManageOptions): Promise<RemovedModels> {
  const { store } = openHub(options);
  const models = await chosen(await store.list(), options.handles);
  let freed = 0;
  for (const model of models) freed += await store.remove(model);
  return { removed: models.map(({ record }) => record.handle), freed };
}

async function chosen(
  models: readonly StoredModel[],
  handles?: readonly string[],
): Promise<readonly StoredModel[]> {
  if (handles === undefined) return models;
  return handles.map((handle) => {
    const text = handleText(parseHandle(handle));
    const model = models.find(({ record }) => record.handle === text || record.id === text);
    if (model !== undefined) return model;
    throw new UsageError(
      { what: `${handle} was never pulled.`, next: "`tsugiki models list --pulled` shows what was." },
      { option: "handle", value: handle },
    );
  });
}
