import { refusal } from "./errors.ts";

type Header = (name: string) => string | undefined;

/** Whether only this machine reaches a server on this address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return /^(.+\.)?localhost\.?$/.test(name) || /^127(\.\d{1,3}){3}$/.test(name) || name === "::1";
}

/**
 * Refuses what a foreign web page may send through the browser of someone on this machine. A page may point its own name at
 * 127.0.0.1 (DNS rebinding) and read the answers as its own: its name then stands in Host, and is refused (421). And it may
 * post a form to us unasked, which browsers mark by Origin and Sec-Fetch-Site: refused (403). No CORS header is ever sent,
 * so that nothing is read across sites.
 */
export function guardFor(
  boundTo: string,
  allowed: readonly string[],
): (method: string, header: Header) => void {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  const checksHost = isLoopback(boundTo) || names.size > 0;
  return (method, header) => {
    const host = header("host") ?? "";
    const name = host.replace(/:\d*$/, "").toLowerCase();
    if (checksHost && !isLoopback(name) && !names.has(name))
      throw refusal(
        421,
        "This server does not go by that name.",
        "Start it with --allow-host to add a name.",
      );
    if (method === "GET" || method === "HEAD") return;
    const site = header("sec-fetch-site");
    const origin = header("origin");
    const isForeign =
      (site !== undefined && site !== "same-origin" && site !== "none") ||
      (origin !== undefined && hostOf(origin) !== host.toLowerCase());
    if (isForeign) throw refusal(403, "Web pages of other sites may not ask this server.");
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
