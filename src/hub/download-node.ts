import { readFile, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { following } from "../core/abort.ts";
import { isFields } from "../core/json.ts";
import { checkFile, type Digest } from "./digest-node.ts";
import { DownloadError, IntegrityError } from "./errors.ts";
import { ask, Setback } from "./http.ts";
import type { Place } from "./provider.ts";
import { type Attempt, receive, stateOf } from "./receive-node.ts";

/** A file as its hub describes it. */
export interface Wanted extends Digest {
  /** For messages. */
  readonly file: string;
  /** Tried in turn. */
  readonly places: readonly Place[];
}

/** How long and how often a server is borne with. */
export interface Patience {
  /** Attempts that bring nothing, at all places together, before giving up. */
  readonly tries: number;
  /** The first wait between attempts, doubled each time up to sixteen times as long. */
  readonly waitSeconds: number;
  /** The longest that a server may ask us to wait. */
  readonly longestWaitSeconds: number;
  /** Until a server's first word, and between any two pieces. */
  readonly stallSeconds: number;
  /** Slower than this, measured over `stallSeconds`, is given up. */
  readonly slowestBytesPerSecond: number;
  /** No file may be larger. */
  readonly bytes: number;
}

const usual: Patience = {
  tries: 6,
  waitSeconds: 0.5,
  longestWaitSeconds: 60,
  stallSeconds: 30,
  slowestBytesPerSecond: 512,
  bytes: 8 * 1024 ** 3,
};

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly patience?: Partial<Patience> | undefined;
  /** Bytes there are, and bytes there will be where that is known. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}

/** A file that has arrived whole and is what it should be. */
export interface Arrived {
  readonly sha256: string;
  readonly bytes: number;
  /** The place that gave the last of it. */
  readonly url: string;
}

/**
 * Brings a file to `part`, going on from what an earlier call left there: places are tried in turn, again after a while
 * where that may help. What arrives is held to its size and digest; what differs is thrown away. Throws DownloadError,
 * IntegrityError, and the signal's reason; a part stays for the next call then, unless its bytes were wrong. Where all went
 * well it is the caller's to take away, with `forgetPart`.
 */
export async function download(
  wanted: Wanted,
  part: string,
  options: DownloadOptions = {},
): Promise<Arrived> {
  const patience = { ...usual, ...options.patience };
  const { signal } = options;
  const last = new Map<string, Setback>();
  let places = wanted.places;
  let fruitless = 0;
  for (
    let wait = patience.waitSeconds;
    places.length > 0;
    wait = Math.min(wait * 2, 16 * patience.waitSeconds)
  ) {
    let asked = 0;
    for (const place of places) {
      const before = await sizeOf(part);
      try {
        const whole = await attempt(wanted, place, part, { ...options, patience });
        return { ...whole, url: place.url };
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Setback)) throw error;
        last.set(place.url, error);
        asked = Math.max(asked, error.retryAfter ?? 0);
        fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
        if (error.final || asked > patience.longestWaitSeconds)
          places = places.filter((one) => one !== place);
      }
      if (fruitless >= patience.tries) throw failure(wanted, last);
    }
    if (places.length > 0)
      await sleep(1000 * Math.max(wait, asked), undefined, { ...(signal && { signal }) });
  }
  throw failure(wanted, last);
}

/** One request: what is missing of the part, or all of it, then the whole file's check. */
async function attempt(
  wanted: Wanted,
  place: Place,
  part: string,
  options: Attempt,
): Promise<Omit<Arrived, "url">> {
  const have = await resumable(wanted, place, part);
  const { patience } = options;
  const stop = following(options.signal);
  let stalled = false;
  const timer = setTimeout(() => {
    stalled = true;
    stop.abort();
  }, 1000 * patience.stallSeconds);
  try {
    const headers = {
      ...place.headers,
      // Sizes and ranges count the file's own bytes.
      "accept-encoding": "identity",
      ...(have.bytes > 0 && { range: `bytes=${have.bytes}-` }),
      ...(have.bytes > 0 && have.etag !== undefined && { "if-range": have.etag }),
    };
    const response = await ask(place.url, { headers, signal: stop.signal });
    const complete = response.status === 416 && have.bytes > 0;
    if (complete) await response.body?.cancel();
    else
      await receive(response, wanted, part, {
        ...options,
        signal: stop.signal,
        from: have.bytes,
        url: place.url,
        touch: () => timer.refresh(),
      });
  } catch (error) {
    if (stalled) throw new Setback(`nothing came for ${patience.stallSeconds} s`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    stop.letGo();
  }
  return kept(wanted, part, have.bytes === 0);
}

/** How much of the part this place can be asked to add to. Without a digest only the very same version may. */
async function resumable(
  wanted: Wanted,
  { url }: Place,
  part: string,
): Promise<{ readonly bytes: number; readonly etag?: string }> {
  const bytes = await sizeOf(part);
  if (bytes === 0) return { bytes };
  if (wanted.bytes !== undefined && bytes > wanted.bytes) return { bytes: 0 };
  if (wanted.sha256 !== undefined || wanted.gitOid !== undefined) return { bytes };
  const state: unknown = await readFile(stateOf(part), "utf8")
    .then(JSON.parse)
    .catch(() => undefined);
  if (!isFields(state) || state.url !== url || typeof state.etag !== "string") return { bytes: 0 };
  return { bytes, etag: state.etag };
}

/** The part as the whole file, once it is what was meant; else it is gone. */
async function kept(wanted: Wanted, part: string, fresh: boolean): Promise<Omit<Arrived, "url">> {
  const { differs, sha256, bytes } = await checkFile(part, wanted);
  if (differs === undefined) return { sha256, bytes };
  await forgetPart(part);
  // Pieces of two versions may have met: once more from the start. A file that came in one piece is what the place has.
  throw new Setback("its bytes are not those that were meant", { final: fresh, differs });
}

function failure(wanted: Wanted, last: ReadonlyMap<string, Setback>): DownloadError | IntegrityError {
  const setbacks = [...last.values()];
  const wrong = setbacks.find(({ differs }) => differs !== undefined)?.differs;
  if (wrong !== undefined && setbacks.every(({ differs }) => differs !== undefined)) {
    return new IntegrityError(
      {
        what: `${wanted.file} is not the file that was meant:`,
        why: `${wrong.expected} was expected, ${wrong.actual} came. Nothing of it was kept.`,
        next: "Somebody changed it, or something on the way did. Ask its publisher, or choose another model.",
      },
      { file: wanted.file, ...wrong },
    );
  }
  const tried = [...last].map(([url, { message }]) => ({ url, reason: message }));
  const again = setbacks.some(({ final }) => !final);
  return new DownloadError(
    {
      what: `${wanted.file} could not be downloaded:`,
      why: `${tried.map(({ reason }) => reason).join("; ")}.`,
      next: again
        ? "Try again later; what has arrived is kept."
        : "Check the handle: `tsugiki models info` looks it up.",
    },
    { file: wanted.file, tried },
  );
}

/** Removes a part, and what was noted of it. */
export async function forgetPart(part: string): Promise<void> {
  for (const path of [part, stateOf(part)]) await rm(path, { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
