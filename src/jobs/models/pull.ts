import { reporting } from "../../core/async.ts";
import type { ModelRecord } from "../../hub/record.ts";
import { type HubChoices, openHub, remoteHandle } from "./hub-node.ts";

export interface PullModelOptions extends HubChoices {
  /** Any form of handle but a path. */
  readonly handle: string;
  /** Look whether there is a newer revision, though the model is here. Default false. */
  readonly update?: boolean | undefined;
  /** Take a model though its licence forbids commercial use. Default false. */
  readonly acceptLicence?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that have come of a file, and how many there will be; null where nobody said. */
export interface PullingEvent {
  readonly type: "pulling";
  readonly handle: string;
  readonly file: string;
  readonly done: number;
  readonly total: number | null;
}

/** Another process brings the same model, and this one waits for it. */
export interface WaitingEvent {
  readonly type: "waiting";
  readonly handle: string;
}

export interface PulledModel extends ModelRecord {
  /** Where the model lies. */
  readonly file: string;
  /** Bytes of files that were downloaded for it; 0 where it was here. */
  readonly downloaded: number;
  /** Handles of models whose files went to make room. */
  readonly evicted: readonly string[];
}

/**
 * Brings a model to this machine, unless it is there: whole, checked against its hash, and remembered. Throws HandleError,
 * NoModelError, LicenceError, DownloadError, IntegrityError, OfflineError, and the signal's reason.
 */
export async function* pullModel(
  options: PullModelOptions,
): AsyncGenerator<PullingEvent | WaitingEvent, PulledModel> {
  const { handle, update, acceptLicence, signal } = options;
  const parsed = remoteHandle(handle);
  const hub = openHub(options);
  const pulled = yield* reporting<PullingEvent | WaitingEvent, Awaited<ReturnType<typeof hub.pull>>>(
    (report, stop) =>
      hub.pull(parsed, {
        update,
        acceptLicence,
        signal: stop,
        onProgress: (file, done, total) =>
          report({ type: "pulling", handle, file, done, total: total ?? null }),
        onWait: () => report({ type: "waiting", handle }),
      }),
    signal,
  );
  const { record, file, transferred, evicted } = pulled;
  return { ...record, file, downloaded: transferred, evicted: evicted.map((one) => one.handle) };
}
