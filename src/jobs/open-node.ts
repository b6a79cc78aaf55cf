import { openDataset } from "../data/open.ts";
import type { Dataset } from "../data/sample.ts";
import type { BaseOptions } from "./base-node.ts";

export interface DataOptions extends BaseOptions {
  /** A folder, zip archive or list of labelled pictures, in any layout that `inspect` knows. */
  readonly data: string;
  /** Name of the data's layout, where it should not be found out. */
  readonly layout?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens pictures and a base, or several; whoever asked closes the dataset. Throws what either throws, nothing left open. */
export async function openBoth<Base>(
  { data, layout, signal }: Pick<DataOptions, "data" | "layout" | "signal">,
  openBases: () => Promise<Base>,
): Promise<{ readonly dataset: Dataset; readonly base: Base }> {
  const opening = openDataset(data, { ...(layout !== undefined && { layout }), ...(signal && { signal }) });
  // The disk lists files while the processor prepares the base.
  const [found, prepared] = await Promise.allSettled([opening, openBases()]);
  if (found.status === "rejected") throw found.reason;
  if (prepared.status === "fulfilled") return { dataset: found.value, base: prepared.value };
  await found.value.close();
  throw prepared.reason;
}
