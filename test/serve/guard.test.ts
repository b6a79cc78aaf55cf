import { expect, test } from "vitest";
import { guardFor, isLoopback } from "../../src/serve/guard.ts";

/** The status with which a request is refused; undefined where it passes. */
function refused(
  guard: ReturnType<typeof guardFor>,
  method: string,
  headers: Record<string, string>,
): unknown {
  try {
    guard(method, (name) => headers[name]);
    return undefined;
  } catch (error) {
    return (error as { evidence: { status: number } }).evidence.status;
  }
}

test("names of this machine are told from all others", () => {
  const own = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "my.localhost",
    "127.0.0.1",
    "127.8.9.1",
    "[::1]",
    "::1",
  ];
  const foreign = [
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example",
    "0.0.0.0",
    "",
    "1270.0.0.1",
  ];
  expect(own.filter((name) => !isLoopback(name))).toEqual([]);
  expect(foreign.filter((name) => isLoopback(name))).toEqual([]);
});

test("on loopback a foreign Host is refused, whatever its port; elsewhere only where names are given", () => {
  const hosts = [
    "127.0.0.1:8000",
    "localhost:9999",
    "[::1]:80",
    "box.example",
    "evil.example:8000",
    "127.0.0.1.nip.io",
  ];
  const statuses = (guard: ReturnType<typeof guardFor>) =>
    hosts.map((host) => refused(guard, "GET", { host }));
  const [yes, no] = [undefined, 421];
  expect(statuses(guardFor("127.0.0.1", []))).toEqual([yes, yes, yes, no, no, no]);
  expect(statuses(guardFor("::1", ["Box.example"]))).toEqual([yes, yes, yes, yes, no, no]);
  expect(statuses(guardFor("0.0.0.0", []))).toEqual([yes, yes, yes, yes, yes, yes]);
  expect(statuses(guardFor("0.0.0.0", ["box.example"]))).toEqual([yes, yes, yes, yes, no, no]);
});

test("posts of other sites' pages are refused, those of our own page and of programs are not", () => {
  const guard = guardFor("127.0.0.1", []);
  const host = "127.0.0.1:8000";
  const post = (headers: Record<string, string>) => refused(guard, "POST", { host, ...headers });
  expect(post({})).toBe(undefined);
  expect(post({ origin: "http://127.0.0.1:8000", "sec-fetch-site": "same-origin" })).toBe(undefined);
  expect(post({ origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site" })).toBe(403);
  expect(post({ origin: "https://evil.example", "sec-fetch-site": "cross-site" })).toBe(403);
  expect(post({ origin: "https://evil.example" })).toBe(403);
  expect(post({ origin: "null" })).toBe(403);
  expect(refused(guard, "GET", { host, "sec-fetch-site": "cross-site" })).toBe(undefined);
});
