import { expect, test } from "vitest";
import { bytes, count, decimal, duration, integer, percentage, rate } from "./words.ts";

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [15_250_250, "15,250,250"],
  [-1234.4, "-1,234"],
])("integer %d", (value, text) => expect(integer(value)).toBe(text));

test.each([
  [0, "0.0 %"],
  [0.834, "83.4 %"],
  [0.0001, "0.1 %"],
  [0.9999, "99.9 %"],
  [1, "100.0 %"],
])("percentage %d", (value, text) => expect(percentage(value)).toBe(text));

test.each([
  [0.35, "0.3 s"],
  [0.97, "1 s"],
  [3.2, "3 s"],
  [59.7, "1 min 0 s"],
  [130, "2 min 10 s"],
  [3599.6, "1 h 0 min"],
  [3900, "1 h 5 min"],
  [Number.POSITIVE_INFINITY, "unknown"],
])("duration %d", (value, text) => expect(duration(value)).toBe(text));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [8_412_000, "8.4 MB"],
  [999_960, "1.0 MB"],
  [3.2e15, "3200.0 TB"],
])("bytes %d", (value, text) => expect(bytes(value)).toBe(text));

test.each([
  [count(0, "picture"), "0 pictures"],
  [count(1, "picture"), "1 picture"],
  [count(1024, "picture"), "1,024 pictures"],
  [count(1, "class", "classes"), "1 class"],
  [count(2, "class", "classes"), "2 classes"],
  [count(2, "group of twins", "groups of twins"), "2 groups of twins"],
])("count: %s", (text, expected) => expect(text).toBe(expected));

test("rates and decimals", () => {
  expect([rate(0.42), rate(9.96), rate(1312.4), decimal(0.51249), decimal(2, 1)]).toEqual([
    "0.4/s",
    "10/s",
    "1,312/s",
    "0.512",
    "2.0",
  ]);
});
