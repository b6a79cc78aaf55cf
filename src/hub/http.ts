import { unlessAborted } from "../core/abort.ts";
import { reason } from "../core/errors.ts";
import { isLoopback } from "./handle.ts";

/** What went wrong with one place; `final`: asking again would bring the same. */
export class Setback extends Error {
  readonly final: boolean;
  readonly status: number | undefined;
  /** Seconds that the server asks to wait for. */
  readonly retryAfter: number | undefined;
  /** Hashes or sizes that differ, where that is what went wrong. */
  readonly differs: { readonly expected: string; readonly actual: string } | undefined;

  constructor(
    message: string,
    more: {
      final?: boolean;
      status?: number;
      retryAfter?: number | undefined;
      differs?: Setback["differs"];
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.final = more.final ?? false;
    this.status = more.status;
    this.retryAfter = more.retryAfter;
    this.differs = more.differs;
  }
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Redirects followed at most. */
  readonly redirects?: number;
}

const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Headers that are meant for the host that was asked, and for no other. */
const secret: ReadonlySet<string> = new Set(["authorization", "cookie"]);

/**
 * Gets an address, following redirects by hand: to https alone (http only from this machine to itself), not for ever, and
 * without handing secrets to other hosts. Throws Setback; answers of all kinds come back as they are.
 */
export async function ask(
  url: string,
  { headers = {}, signal, redirects = 6 }: AskOptions,
): Promise<Response> {
  const start = new URL(url);
  const open = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !secret.has(name.toLowerCase())),
  );
  let at = start;
  for (let hops = 0; hops <= redirects; hops++) {
    const own = at.origin === start.origin ? headers : open;
    const asked = fetch(at, { headers: own, redirect: "manual", ...(signal && { signal }) });
    const response = await (signal ? unlessAborted(asked, signal) : asked).catch((error: unknown) => {
      throw new Setback(`${at.host} cannot be reached (${whyOf(error)})`, { cause: error });
    });
    if (!redirecting.has(response.status)) return response;
    await response.body?.cancel();
    at = redirected(at, response.headers.get("location"), start);
  }
  throw new Setback(`${start.host} leads on and on: after ${redirects} redirects there was no file`, {
    final: true,
  });
}

function redirected(from: URL, location: string | null, start: URL): URL {
  if (location === null || !URL.canParse(location, from)) {
    throw new Setback(`${from.host} redirects to nowhere`, { final: true });
  }
  const to = new URL(location, from);
  const allowed =
    to.protocol === "https:" || (to.protocol === "http:" && isLoopback(to) && isLoopback(start));
  if (allowed) return to;
  throw new Setback(`${from.host} redirects to ${to.protocol}//${to.host}, which is not https`, {
    final: true,
  });
}

/** Throws the Setback that an answer is, unless its status is one of those wanted. */
export async function expectStatus(response: Response, wanted: readonly number[]): Promise<void> {
  const { status } = response;
  if (wanted.includes(status)) return;
  await response.body?.cancel();
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  throw new Setback(meaningOf(status, new URL(response.url).host), {
    final: !again,
    status,
    retryAfter: again ? secondsOf(response.headers.get("retry-after")) : undefined,
  });
}

function meaningOf(status: number, host: string): string {
  const known: Readonly<Record<number, string>> = {
    401: `${host} wants to know who asks (401)`,
    403: `${host} does not give it (403)`,
    404: `${host} does not have it (404)`,
    410: `${host} no longer has it (410)`,
    429: `${host} was asked too often (429)`,
  };
  return known[status] ?? (status >= 500 ? `${host} has a fault (${status})` : `${host} answered ${status}`);
}

/** Retry-After in seconds: a number, or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** The innermost message: fetch wraps what the network said. */
export function whyOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? whyOf(error.cause) : reason(error);
}
