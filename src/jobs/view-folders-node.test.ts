import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { storesIn } from "./cache-node.ts";

const rowBytes = 1000;
const [a, b, c, d] = ["a", "b", "c", "d"].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];
let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "tsugiki-views-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

const folderOf = (key: string): string => join(cache, "views", key);
const left = (): string[] => readdirSync(join(cache, "views")).sort();

/** Keeps a row of about a kilobyte under a key, last used so many minutes ago. */
function leave(key: string, minutes: number): void {
  const store = storesIn(cache)(key, rowBytes, "views");
  store.put(a, new Uint8Array(rowBytes));
  store.close();
  const then = Date.now() / 1000 - 60 * minutes;
  utimesSync(folderOf(key), then, then);
}

test("views beyond the budget go, the longest unused first; features stay", () => {
  const features = storesIn(cache, 0)(a, rowBytes);
  features.put(a, new Uint8Array(rowBytes));
  features.close();
  leave(a, 3);
  leave(b, 5);
  leave(c, 1);
  const store = storesIn(cache, 2.5 * rowBytes)(d, rowBytes, "views");
  expect(left()).toEqual([a, c, d]);
  store.close();
  expect(storesIn(cache)(a, rowBytes).has(a)).toBe(true);
});

test("a repeated training finds its views, whatever the budget", () => {
  leave(a, 60);
  leave(b, 1);
  const store = storesIn(cache, 0)(a, rowBytes, "views");
  expect(store.has(a)).toBe(true);
  expect(left()).toEqual([a]);
  store.close();
  expect(readdirSync(folderOf(a)).filter((name) => !name.endsWith(".rows"))).toEqual([]);
});

test("what is open stays, in this process and in another that lives", () => {
  leave(a, 9);
  leave(b, 9);
  leave(c, 9);
  const open = storesIn(cache)(a, rowBytes, "views");
  // The process that started this one lives; no process has so high a number.
  writeFileSync(join(folderOf(b), `${process.ppid}-0.used`), "");
  writeFileSync(join(folderOf(c), "999999999-0.used"), "");
  storesIn(cache, 0)(d, rowBytes, "views").close();
  expect(left()).toEqual([a, b, d]);
  expect(open.get(a)).toHaveLength(rowBytes);
  open.close();
});

test("a mark that an earlier process of this number left holds nothing, and what is half removed goes", () => {
  leave(a, 9);
  writeFileSync(join(folderOf(a), `${process.pid}-0.used`), "");
  const half = `${folderOf(b)}.removed`;
  mkdirSync(half);
  storesIn(cache, 0)(d, rowBytes, "views").close();
  expect(existsSync(half)).toBe(false);
  expect(left()).toEqual([d]);
});
