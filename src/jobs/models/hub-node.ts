import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { isLoopback, type Remote } from "../../hub/handle.ts";
import { Hub } from "../../hub/hub-node.ts";
import { parseHandle } from "../../hub/parse.ts";
import { cacheFolder } from "../cache-node.ts";

export interface HubChoices {
  /** Touch no network: what is not on this machine is an error. Default: $TSUGIKI_OFFLINE or $HF_HUB_OFFLINE. */
  readonly offline?: boolean | undefined;
  /** Folder of the cache; pulled models lie in its `hub/`. Default: $TSUGIKI_CACHE, or the platform's cache folder. */
  readonly cache?: string | undefined;
}

/** The hub as this machine is set up: HF_ENDPOINT names a mirror, HF_TOKEN who asks, TSUGIKI_MODELS_LIMIT the room in GB. */
export function openHub({ offline, cache = cacheFolder() }: HubChoices = {}): Hub {
  const { HF_ENDPOINT, HF_TOKEN, TSUGIKI_MODELS_LIMIT } = process.env;
  return new Hub({
    folder: join(cache, "hub"),
    offline: offline ?? (isSet("TSUGIKI_OFFLINE") || isSet("HF_HUB_OFFLINE")),
    huggingFaceCache: async () => (await import("@huggingface/hub")).getHFHubCachePath(),
    ...(HF_ENDPOINT && { endpoint: checkedEndpoint(HF_ENDPOINT) }),
    ...(HF_TOKEN && { token: HF_TOKEN }),
    ...(TSUGIKI_MODELS_LIMIT && { limit: gigabytes(TSUGIKI_MODELS_LIMIT) }),
  });
}

/** The handle, where it stands for something that is pulled. Throws HandleError, and UsageError for what is a file here. */
export function remoteHandle(text: string): Remote {
  const handle = parseHandle(text);
  if (handle.kind !== "file") return handle;
  throw new UsageError(
    {
      what: `${text} is a path, and models are pulled from elsewhere.`,
      next: "Give a name from `tsugiki models list`, hf:org/repo, or an https address.",
    },
    { option: "handle", value: text },
  );
}

function isSet(name: string): boolean {
  const value = (process.env[name] ?? "").toLowerCase();
  return !["", "0", "false", "no", "off"].includes(value);
}

function checkedEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url)))) return text;
  throw new UsageError(
    { what: `HF_ENDPOINT is "${text}".`, next: "Give the https address of a mirror, or leave it out." },
    { option: "HF_ENDPOINT", value: text },
  );
}

function gigabytes(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value * 1e9;
  throw new UsageError(
    {
      what: `TSUGIKI_MODELS_LIMIT is "${text}".`,
      next: "Give the room for pulled models in GB, such as 20.",
    },
    { option: "TSUGIKI_MODELS_LIMIT", value: text },
  );
}
