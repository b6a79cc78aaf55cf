import { expect, test } from "vitest";
import { Progress, type ProgressOptions } from "./progress.ts";
import { displayWidth } from "./width.ts";

/** A terminal that keeps what was written, and a clock that stands still until told. */
function terminal(options: Partial<ProgressOptions> & { columns?: number; isTTY?: boolean } = {}) {
  const written: string[] = [];
  const { columns = 80, isTTY = true, ...rest } = options;
  let now = 1000;
  const progress = new Progress({
    stream: { isTTY, columns, write: (text: string) => written.push(text) },
    clock: () => now,
    ...rest,
  });
  const lines = (): string[] => written.map((text) => text.replace("\r", "").replace("\x1b[K", ""));
  const at = (milliseconds: number, done: number): void => {
    now = 1000 + milliseconds;
    progress.update(done);
  };
  return { progress, written, lines, at };
}

test("the line, after a second, at a steady 320 a second", () => {
  const { lines, at } = terminal({ total: 1920 });
  for (let tick = 0; tick <= 32; tick++) at(tick * 100, tick * 32);
  expect(lines()).toHaveLength(23);
  expect(lines().at(-1)).toMatchInlineSnapshot(
    `"[############------------]  53 %  1,024/1,920 pictures  320/s  3 s left"`,
  );
});

test("nothing in the first second, then at most ten lines a second, and the end at once", () => {
  const { lines, at } = terminal({ total: 3000 });
  for (let ms = 0; ms < 1000; ms++) at(ms, ms);
  expect(lines()).toEqual([]);
  for (let ms = 1000; ms < 3000; ms++) at(ms, ms);
  expect(lines().length).toBeGreaterThan(15);
  expect(lines().length).toBeLessThanOrEqual(20);
  at(3001, 3000);
  expect(lines().at(-1)).toContain("100 %  3,000/3,000 pictures");
  expect(lines().at(-1)).not.toContain("left");
});

test("the rate is that of the last five seconds", () => {
  const { lines, at } = terminal({ total: 100_000 });
  for (let tick = 0; tick <= 100; tick++) at(tick * 100, tick * 100);
  expect(lines().at(-1)).toContain("1,000/s  1 min 30 s left");
  for (let tick = 1; tick <= 60; tick++) at(10_000 + tick * 100, 10_000 + tick);
  expect(lines().at(-1)).toContain("10/s");
});

test("no terminal, or --quiet: not a byte", () => {
  for (const options of [{ isTTY: false }, { quiet: true }]) {
    const { written, at, progress } = terminal({ total: 10, ...options });
    for (let tick = 0; tick <= 10; tick++) at(tick * 1000, tick);
    progress.clear();
    expect(written).toEqual([]);
  }
});

test("narrow terminals, wide characters", () => {
  const at = (columns: number): string => {
    const { lines, at } = terminal({ total: 1920, columns, label: "特徴 \x1b[1m" });
    for (let tick = 0; tick <= 30; tick++) at(tick * 100, tick * 30);
    return lines().at(-1) ?? "";
  };
  expect([100, 80, 62, 50, 40, 20].map(at).join("\n")).toMatchInlineSnapshot(`
    "特徴 �[1m  [###########-------------]  46 %  900/1,920 pictures  300/s  4 s left
    特徴 �[1m  [##########-------------]  46 %  900/1,920 pictures  300/s  4 s left
    特徴 �[1m  46 %  900/1,920 pictures  300/s  4 s left
    特徴 �[1m  46 %  900/1,920 pictures
    特徴 �[1m  46 %  900/1,920 pictures
    特徴 �[1m  46 %  9…"
  `);
  for (let columns = 1; columns < 120; columns++) {
    expect(displayWidth(at(columns))).toBeLessThanOrEqual(Math.max(1, columns - 1));
  }
});

test("without a total: what is done and how fast", () => {
  const { lines, at } = terminal({ unit: "files" });
  for (let tick = 0; tick <= 20; tick++) at(tick * 100, tick * 200);
  expect(lines().at(-1)).toBe("4,000 files  2,000/s");
});

test("more done than announced, none to do, no progress at all", () => {
  const over = terminal({ total: 10 });
  over.at(2000, 15);
  expect(over.lines().at(-1)).toContain("]  100 %  15/10 pictures");
  const none = terminal({ total: 0 });
  none.at(2000, 0);
  expect(none.lines().at(-1)).toContain("100 %  0/0 pictures");
  const stuck = terminal({ total: 10 });
  stuck.at(2000, 0);
  expect(stuck.lines().at(-1)).toMatchInlineSnapshot(`"[------------------------]   0 %  0/10 pictures"`);
});

test("the line is cleared once, and only if drawn; the next update draws it again", () => {
  const { written, at, progress } = terminal({ total: 10 });
  progress.clear();
  expect(written).toEqual([]);
  at(2000, 5);
  progress.clear();
  progress.clear();
  expect(written.slice(1)).toEqual(["\r\x1b[K"]);
  at(2001, 6);
  expect(written.at(-1)).toContain("6/10 pictures");
});
