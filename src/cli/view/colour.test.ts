import { expect, test } from "vitest";
import { coloursFor } from "./colour.ts";

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { TERM: "dumb" }, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
])("terminal %s with %o: colour %s", (isTTY, env, expected) => {
  const colours = coloursFor({ isTTY }, env);
  expect(colours.red("x")).toBe(expected ? "\x1b[31mx\x1b[39m" : "x");
});
