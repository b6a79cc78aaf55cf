import { expect, test } from "vitest";
import { Terminal } from "./terminal.ts";

/** A terminal whose clock stands still until told. */
function screen(flags: { json?: boolean; quiet?: boolean } = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  let now = 0;
  const stream = (written: string[]) => ({
    isTTY: true,
    columns: 80,
    write: (text: string) => written.push(text),
  });
  const terminal = new Terminal(flags, { stdout: stream(out), stderr: stream(err) });
  const at = (milliseconds: number, done: number): void => {
    now = milliseconds;
    terminal.progress("Features", done, 1000, { clock: () => now });
  };
  return { terminal, out, err, at };
}

const clear = "\r\x1b[K";

test("a note in between takes the bar away for its own line only; the rate goes on", () => {
  const { terminal, err, at } = screen();
  for (let tick = 0; tick <= 20; tick++) at(tick * 100, tick * 10);
  err.length = 0;
  terminal.warn("skipped a.jpg: no picture");
  expect([err[0], err[1]?.endsWith("skipped a.jpg: no picture\n"), err.length]).toEqual([clear, true, 2]);
  at(2010, 201);
  expect(err.at(-1)).toMatch(/20 % {2}201\/1,000 pictures {2}100\/s/);
});

test("results between the pictures do not keep the bar from being drawn", () => {
  const { terminal, out, err, at } = screen();
  for (let tick = 0; tick <= 20; tick++) {
    terminal.say(`picture ${tick}`);
    at(tick * 100, tick * 10);
  }
  expect(out).toHaveLength(21);
  expect(err.filter((text) => text.includes("pictures")).length).toBeGreaterThan(9);
});

test("names bring no escape sequences to the terminal", () => {
  const { terminal, err } = screen();
  terminal.note("a\x1b[2Jb");
  terminal.warn("c\x1b]0;title\x07d\nsecond line");
  const [first, second] = err;
  expect(first).toBe("a\ufffd[2Jb\n");
  expect(second?.replace("\x1b[33mNote:\x1b[39m", "Note:")).toBe(
    "Note: c\ufffd]0;title\ufffdd\nsecond line\n",
  );
});

test("--json: only JSON on stdout; --quiet: no notes", () => {
  const json = screen({ json: true });
  json.terminal.say("for people");
  json.terminal.emit({ file: "a\x1bb" });
  expect(json.out).toEqual(['{"file":"a\\u001bb"}\n']);
  const quiet = screen({ quiet: true });
  quiet.terminal.note("note");
  quiet.at(2000, 5);
  quiet.terminal.emit({});
  quiet.terminal.say("result");
  expect([quiet.out, quiet.err]).toEqual([["result\n"], []]);
});
