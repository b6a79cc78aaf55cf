import { join } from "node:path";
import { reason, TsugikiError } from "../core/errors.ts";
import { askAgain } from "./ask-again-node.ts";
import { type DownloadOptions, download, type Patience } from "./download-node.ts";
import { DownloadError, IntegrityError, LicenceError, OfflineError } from "./errors.ts";
import { handleText, type Remote } from "./handle.ts";
import { Setback } from "./http.ts";
import { parseHandle } from "./parse.ts";
import { checked, type Described, type DescribedFile, type World } from "./provider.ts";
import { describe } from "./providers/table.ts";
import type { ModelRecord, RecordedFile } from "./record.ts";
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
   * DownloadError, IntegrityError, OfflineError, and the signal's reason.
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
    const pinned = known !== undefined && known.id === described.id ? known.files : [];
    let transferred = 0;
    // Another process may sweep a blob away before it is laid out: then it is brought once more.
    for (let turn = 0; turn < 5; turn++) {
      const files: RecordedFile[] = [];
      for (const file of described.files) {
        const { came, ...recorded } = await this.#bringFile(text, file, pinned, options);
        files.push(recorded);
        transferred += came;
      }
      const pulled = new Date().toISOString();
      const stored = await this.store.add({
        ...described,
        version: 1,
        handle: text,
        files,
        pulled,
      });
      if (stored === undefined) continue;
      const evicted = await this.store.evict(this.#options.limit ?? usualLimit, stored.record);
      return this.#answer(stored, transferred, evicted);
    }
    throw new Error(`The cache ${this.#options.folder} is emptied faster than it can be filled.`);
  }

  /** What was pinned is asked for again as it was; only an update asks what the handle stands for now. */
  #meant(handle: Remote, known: ModelRecord | undefined, { update }: PullOptions) {
    if (known === undefined || update || !(handle.kind === "hf" || handle.kind === "hub")) return handle;
    const pinned = parseHandle(known.id);
    return pinned.kind === handle.kind ? pinned : handle;
  }

  async #bringFile(
    text: string,
    file: DescribedFile,
    pinned: readonly RecordedFile[],
    { signal, onProgress }: PullOptions,
  ): Promise<RecordedFile & { readonly came: number }> {
    const { path, places, gitOid, kept } = file;
    const before = pinned.find((one) => one.path === path);
    if (before && file.sha256 !== undefined && before.sha256 !== file.sha256)
      throw changed(text, path, before.sha256, file.sha256);
    const sha256 = before?.sha256 ?? file.sha256;
    const bytes = before?.bytes ?? file.bytes;
    const url = places[0]!.url;
    const recorded = (hash: string, size: number) => ({ path, sha256: hash, bytes: size, url, came: 0 });
    if (sha256 !== undefined && bytes !== undefined && (await this.store.hasBlob(sha256)))
      return recorded(sha256, bytes);
    const { huggingFaceCache, offline = false, patience } = this.#options;
    if (huggingFaceCache !== undefined && kept !== undefined && bytes !== undefined) {
      const adopted = await this.store.adopt(join(await huggingFaceCache(), kept), { sha256, bytes, gitOid });
      if (adopted !== undefined) return recorded(adopted, bytes);
    }
    if (offline) throw offlineError(text);
    const part = await this.store.part(sha256 ?? gitOid ?? url);
    const options: DownloadOptions = {
      signal,
      patience,
      onProgress: (done, total) => onProgress?.(path, done, total),
    };
    try {
      const arrived = await download({ file: path, places, sha256, bytes, gitOid }, part, options);
      await this.store.keepBlob(part, arrived.sha256);
      return { path, sha256: arrived.sha256, bytes: arrived.bytes, url: arrived.url, came: arrived.bytes };
    } catch (error) {
      if (!(error instanceof IntegrityError) || before === undefined) throw error;
      throw changed(text, path, error.evidence.expected, error.evidence.actual);
    }
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

function changed(handle: string, file: string, expected: string, actual: string): IntegrityError {
  return new IntegrityError(
    {
      what: `${file} of ${handle} has changed since it was first pulled:`,
      why: `${expected} was pinned, ${actual} is there now. Nothing of it was kept.`,
      next: `If that is right, forget the old one (tsugiki models rm ${handle}) and pull it again.`,
    },
    { file, expected, actual },
  );
}

function offlineError(handle: string): OfflineError {
  return new OfflineError(
    {
      what: `${handle} is not on this machine, and the network may not be touched (--offline).`,
      next: `Run \`tsugiki models pull ${handle}\` while online, or copy the cache of a machine that has it.`,
    },
    { handle },
  );
}
