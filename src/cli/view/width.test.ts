import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth, pad, plain, shorten } from "./width.ts";

// Columns by Unicode's EastAsianWidth.txt and emoji-data.txt.
test.each([
  ["", 0],
  ["cat", 3],
  ["naïve", 5],
  ["nai\u0308ve", 5],
  ["接ぎ木", 6],
  ["ﾈｺ", 2],
  ["ＡＢ", 4],
  ["고양이", 6],
  ["кот", 3],
  ["🐈", 2],
  ["👩‍🔬", 2],
  ["🇯🇵", 2],
  ["❤️", 2],
  ["❤", 1],
  ["…", 1],
  ["𠮷", 2],
  ["\u200b", 0],
])("%s takes %i columns", (text, columns) => expect(displayWidth(text)).toBe(columns));

test("a text is shortened to what fits, never through a character", () => {
  expect(shorten("Egyptian cat", 8)).toBe("Egyptia…");
  expect(shorten("Egyptian cat", 12)).toBe("Egyptian cat");
  expect(shorten("接ぎ木の絵", 6)).toBe("接ぎ…");
  expect(shorten("/features/features.0/Conv", 12, "start")).toBe("…ures.0/Conv");
  expect(shorten("cat", 1)).toBe("…");
  expect(shorten("cat", 0)).toBe("");
});

test("any text fits when shortened, and fills when padded", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 });
  fc.assert(
    fc.property(text, fc.nat(20), fc.constantFrom("end" as const, "start" as const), (raw, width, cut) => {
      const short = shorten(plain(raw), width, cut);
      expect(displayWidth(short)).toBeLessThanOrEqual(width);
      expect(displayWidth(pad(short, width, "right"))).toBe(width);
    }),
    { seed: 11 },
  );
});

test("nothing from a file name reaches the terminal as a command", () => {
  expect(plain("cat\x1b[31m\n\u202egpj\u0085\ud800")).toBe("cat\ufffd[31m\ufffd\ufffdgpj\ufffd\ufffd");
  expect(plain("👩‍🔬 接ぎ木")).toBe("👩‍🔬 接ぎ木");
});
