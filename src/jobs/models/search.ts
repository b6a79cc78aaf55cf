import { reason } from "../../core/errors.ts";
import { otherZoos } from "../../hub/catalogue/others.ts";
import type { OtherZoo } from "../../hub/catalogue/row.ts";
import { OfflineError } from "../../hub/errors.ts";
import { clientOf } from "../../hub/provider.ts";
import { type HubChoices, openHub } from "./hub-node.ts";
import { type ListedModel, listModels } from "./list.ts";

export interface SearchOptions extends HubChoices {
  readonly query: string;
  /** Answers from Hugging Face at most. Default 20. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FoundOnHub {
  /** What to write after --base. */
  readonly handle: string;
  readonly task: string | null;
  readonly downloads: number;
  readonly licence: string | null;
  /** Whether its owners ask for consent before they give it. */
  readonly gated: boolean;
}

export interface SearchResult {
  readonly catalogue: readonly ListedModel[];
  readonly hub: readonly FoundOnHub[];
  /** Zoos of that name whose models come in another form, and how one of them gets here. */
  readonly zoos: readonly OtherZoo[];
  /** Why Hugging Face was not asked, or did not answer; null where it did. */
  readonly unanswered: string | null;
}

/** Models of a name: of the catalogue, and of Hugging Face's repositories with ONNX files, most downloaded first. */
export async function searchModels(options: SearchOptions): Promise<SearchResult> {
  const { query, limit = 20, signal } = options;
  const catalogue = await listModels({ ...options, named: query });
  const words = query.toLowerCase();
  const zoos = otherZoos.filter(({ name, form }) => `${name} ${form}`.toLowerCase().includes(words));
  try {
    return { catalogue, zoos, hub: await fromHub(query, limit, options), unanswered: null };
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof OfflineError ? "the network may not be touched." : reason(error);
    return { catalogue, zoos, hub: [], unanswered: why };
  }
}

async function fromHub(query: string, limit: number, options: SearchOptions): Promise<FoundOnHub[]> {
  const { listModels: listHub } = await import("@huggingface/hub");
  const client = clientOf(openHub(options).world(query, options.signal));
  const found: FoundOnHub[] = [];
  const asking = {
    ...client,
    search: { query, tags: ["onnx"] },
    limit,
    sort: "downloads" as const,
    additionalFields: ["tags" as const],
  };
  for await (const { name, task, downloads, gated, tags } of listHub(asking)) {
    const licence = tags?.find((tag) => tag.startsWith("license:"))?.slice("license:".length) ?? null;
    found.push({ handle: `hf:${name}`, task: task ?? null, downloads, licence, gated: gated !== false });
    if (found.length >= limit) break;
  }
  return found;
}
