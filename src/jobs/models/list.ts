import { stat } from "node:fs/promises";
import { catalogue } from "../../hub/catalogue/index.ts";
import type { CatalogueRow } from "../../hub/catalogue/row.ts";
import { type HubChoices, openHub } from "./hub-node.ts";
import { boxFile, boxName } from "./locate-node.ts";

export interface ListModelsOptions extends HubChoices {
  readonly task?: CatalogueRow["task"] | undefined;
  /** Largest file, in bytes. */
  readonly maxBytes?: number | undefined;
  /** "permissive": commercial use is allowed; else the licence's own name. */
  readonly licence?: string | undefined;
  /** Part of a name or title. */
  readonly named?: string | undefined;
  /** Those on this machine alone. */
  readonly pulled?: boolean | undefined;
}

/** A model that can be had by its name, or was pulled by another handle. */
export interface ListedModel {
  /** What to write after --base. */
  readonly handle: string;
  readonly title: string;
  readonly bytes: number;
  /** Of catalogue rows; null of others. */
  readonly row: CatalogueRow | null;
  readonly licence: string | null;
  readonly pulled: boolean;
}

/** The catalogue, and what else was pulled, the smallest first. Touches no network. */
export async function listModels(options: ListModelsOptions = {}): Promise<readonly ListedModel[]> {
  const stored = (await openHub(options).store.list()).filter(({ whole }) => whole);
  const here = new Set(stored.map(({ record }) => record.handle));
  const rows = catalogue.map((row): ListedModel => {
    const { name, title, bytes, licence } = row;
    return { handle: name, title, bytes, row, licence: licence.id, pulled: here.has(name) };
  });
  const others = stored
    .filter(({ record }) => !catalogue.some(({ name }) => name === record.handle))
    .map(({ record: { handle, name, files, licence } }): ListedModel => {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return { handle, title: name, bytes, row: null, licence: licence?.id ?? null, pulled: true };
    });
  const { size } = await stat(boxFile);
  const box: ListedModel = {
    handle: boxName,
    title: "the backbone in the box",
    bytes: size,
    row: null,
    licence: "Apache-2.0",
    pulled: true,
  };
  const wanted = [box, ...rows, ...others].filter((model) => matches(model, options));
  return wanted.sort((a, b) => a.bytes - b.bytes);
}

function matches(
  { handle, title, bytes, row, licence, pulled }: ListedModel,
  options: ListModelsOptions,
): boolean {
  const { task, maxBytes, named, licence: wanted } = options;
  if (options.pulled && !pulled) return false;
  if (task !== undefined && row?.task !== task && handle !== boxName) return false;
  if (maxBytes !== undefined && bytes > maxBytes) return false;
  if (named !== undefined && !`${handle} ${title}`.toLowerCase().includes(named.toLowerCase())) return false;
  if (wanted === undefined) return true;
  return wanted === "permissive"
    ? (row?.licence.commercial ?? handle === boxName)
    : licence?.toLowerCase() === wanted.toLowerCase();
}
