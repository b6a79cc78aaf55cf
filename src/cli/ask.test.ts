import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askYesNo, canAsk } from "./ask.ts";

function streams(typed?: string) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  if (typed !== undefined) input.end(typed);
  return { input, output };
}

test.each([
  ["y\n", true],
  ["YES\n", true],
  [" y \r\n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
  ["", false],
  ["y", false],
])("%j answers %j", async (typed, answer) => {
  const asking = streams(typed);
  expect(await askYesNo("Take it?", asking)).toBe(answer);
  expect(String(asking.output.read())).toBe("Take it? [y/N] ");
});

test("a stop from outside ends the question", async () => {
  const stop = new AbortController();
  const answer = askYesNo("Take it?", streams(), stop.signal);
  stop.abort(new Error("stopped"));
  await expect(answer).rejects.toThrow("stopped");
});

test("nobody is asked in a pipe, at either end", () => {
  const [plain, terminal] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: true })];
  expect(canAsk({ input: terminal, output: terminal })).toBe(true);
  expect(canAsk({ input: plain, output: terminal })).toBe(false);
  expect(canAsk({ input: terminal, output: plain })).toBe(false);
});
