import { join } from "node:path";
import { reason, TsugikiError } from "../core/errors.ts";
import { askAgain } from "./ask-again-node.ts";
import { bringArchive } from "./bring-archive-node.ts";
import { type Bringing, type BroughtFile, bringFile, offlineError } from "./bring-node.ts";
import type { Patience } from "./download-node.ts";
import { DownloadError, LicenceError } from "./errors.ts";
import { handleText, type Remote } from "./handle.ts";
import { Setback } from "./http.ts";
import { parseHandle } from "./parse.ts";
import { checked, type Described, type World } from "./provider.ts";
import { describe } from "./providers/table.ts";
import type { ModelRecord } from "./record.ts";
import { ModelStore, type StoredModel } from "./store-node.ts";

export interface HubOptions {
  /** Where pulled models are kept. */
  readonly folder: string;
  /** Whether the network may not be touched. Default false. */
  readonly offline?: boolean | undefined;
  /** Hugging Face or a mirror of it. Default https://huggingface.co. */
  readonly endpoint?: string | undefined;
  readonly token?: string | undefined;
  /** Where the ONNX model zoo's manifest lies. */
  readonly zooManifest?: string | undefined;
  /** Finds Hugging Face's own cache, looked into before anything is downloaded. */
  readonly huggingFaceCache?: (() => Promise<string>) | undefined;
  /** Pulled models may take so many bytes together; those longest unused go first. Default 20 GiB. */
  readonly limit?: number | undefined;
  readonly patience?: Partial<Patience> | undefined;
}

export interface PullOptions {
  /** Look whether the hub has something newer, though the model is here. Default false. */
  readonly update?: boolean | undefined;
  /** Take it though its licence forbids commercial use. Default false. */
  readonly acceptLicence?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((file: string, done: number, total: number | undefined) => void) | undefined;
  /** Another process brings the same model; this one waits for it. */
  readonly onWait?: (() => void) | undefined;
}

export interface Pulled {
  readonly record: ModelRecord;
  /** The model's file on this machine. */
  readonly file: string;
  /** Bytes that came over the network. */
  readonly transferred: number;
  /** Models whose files made room. */
  readonly evicted: readonly ModelRecord[];
}

const usualLimit = 20 * 1024 ** 3;

/** Models by their handles: pulled once, checked, remembered. */
export class Hub {
  readonly store: ModelStore;
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
    this.store = new ModelStore(options.folder);
  }

  /** What a handle stands for, without taking any of it. Throws what providers throw, DownloadError and OfflineError. */
  async describe(handle: Remote, signal?: AbortSignal): Promise<Described> {
    const text = handleText(handle);
    const world = this.world(text, signal);
    try {
      return checked(await describe(handle, world));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof TsugikiError) throw error;
      const why =
        error instanceof Setback ? error.message : `its hub's answer makes no sense (${reason(error)})`;
      throw new DownloadError(
        {
          what: `Nothing could be learned of ${text}:`,
          why: `${why}.`,
          next: "Try again later, or set HF_ENDPOINT to a mirror.",
        },
        { file: text, tried: [{ url: world.endpoint, reason: why }] },
        { cause: error },
      );
    }
  }

  /**
   * The model on this machine, brought here first where it is not: whole, and the very bytes that were meant. What was
   * pulled once stays what it was then, until `update` finds another revision. Throws what `describe` throws,
   * DownloadError, IntegrityError, ModelArchiveError, OfflineError, and the signal's reason.
   */
  async pull(handle: Remote, options: PullOptions = {}): Promise<Pulled> {
    const text = handleText(handle);
    const { update = false, signal, onWait } = options;
    const here = async (): Promise<Pulled | undefined> => {
      const found = await this.store.find(text);
      if (found === undefined || !found.whole || update) return undefined;
      await this.store.touch(found);
      return this.#answer(found, 0, []);
    };
    const waiting = { signal, ...(onWait && { onWait }) };
    return (
      (await here()) ??
      this.store.exclusively(text, async () => (await here()) ?? this.#bring(handle, options), waiting)
    );
  }

  async #bring(handle: Remote, options: PullOptions): Promise<Pulled> {
    const text = handleText(handle);
    const known = (await this.store.find(text))?.record;
    const described = await this.describe(this.#meant(handle, known, options), options.signal);
    refuseLicence(text, described, options.acceptLicence ?? false);
    const pinned = known !== undefined && known.id === described.id ? known : undefined;
    let transferred = 0;
    // Another process may sweep a blob away before it is laid out: then it is brought once more.
    for (let turn = 0; turn < 5; turn++) {
      const { came, ...record } = await this.#bringFiles(text, described, pinned, options);
      transferred += came;
      const stored = await this.store.add(record);
      if (stored === undefined) continue;
      const evicted = await this.store.evict(this.#options.limit ?? usualLimit, stored.record);
      return this.#answer(stored, transferred, evicted);
    }
    throw new Error(`The cache ${this.#options.folder} is emptied faster than it can be filled.`);
  }

  /** The files of a model in the blobs, and its record. */
  async #bringFiles(
    handle: string,
    { packed, files: described, ...facts }: Described,
    known: ModelRecord | undefined,
    { signal, onProgress }: PullOptions,
  ): Promise<ModelRecord & { readonly came: number }> {
    const { offline = false, patience, huggingFaceCache } = this.#options;
    const pinned = known?.files ?? [];
    const how = { offline, patience, huggingFaceCache, signal, onProgress };
    const bringing: Bringing = { handle, store: this.store, pinned, ...how };
    const more = { ...facts, version: 1, handle, pulled: new Date().toISOString() } as const;
    if (packed !== undefined)
      return { ...more, ...(await bringArchive(described[0]!, packed, known, bringing)) };
    const brought: BroughtFile[] = [];
    for (const file of described) brought.push(await bringFile(file, bringing));
    return {
      ...more,
      files: brought.map(({ file }) => file),
      came: brought.reduce((sum, { came }) => sum + came, 0),
    };
  }

  /** What was pinned is asked for again as it was; only an update asks what the handle stands for now. */
  #meant(handle: Remote, known: ModelRecord | undefined, { update }: PullOptions) {
    if (known === undefined || update || !(handle.kind === "hf" || handle.kind === "hub")) return handle;
    const pinned = parseHandle(known.id);
    return pinned.kind === handle.kind ? pinned : handle;
  }

  #answer(stored: StoredModel, transferred: number, evicted: readonly ModelRecord[]): Pulled {
    return { record: stored.record, file: join(stored.folder, stored.record.model), transferred, evicted };
  }

  /** How this hub asks; `wanted` is what messages say it is for. */
  world(wanted: string, signal: AbortSignal | undefined): World {
    const {
      endpoint = "https://huggingface.co",
      token,
      offline = false,
      patience,
      zooManifest,
    } = this.#options;
    return {
      endpoint: endpoint.replace(/\/+$/, ""),
      token,
      zooManifest: zooManifest ?? "https://raw.githubusercontent.com/onnx/models/main/ONNX_HUB_MANIFEST.json",
      ask: (url, headers = {}) => {
        if (offline) throw offlineError(wanted);
        return askAgain(url, headers, { ...patience }, signal);
      },
    };
  }
}

function refuseLicence(handle: string, { licence }: Described, accepted: boolean): void {
  if (licence?.commercial !== false || accepted) return;
  throw new LicenceError(
    {
      what: `${handle} may not be used commercially: its licence is ${licence.id}.`,
      why: "What is trained on it inherits that.",
      next: "Say that this is all right with --accept-licence, or choose another: `tsugiki models list --licence permissive`.",
    },
    { handle, licence: licence.id },
  );
}
