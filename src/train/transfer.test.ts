import { expect, test } from "vitest";
import { comparedPart, transferWarnings } from "./transfer.ts";

test("a model that beats both comparisons is passed over in silence", () => {
  expect(transferWarnings({ part: "test", grafted: 0.91, frozen: 0.9, raw: 0.55 })).toEqual([]);
  expect(transferWarnings({ part: "val", grafted: 0.91, frozen: undefined, raw: undefined })).toEqual([]);
});

test("no better than raw pixels: negative transfer, with both figures", () => {
  const [warning, ...others] = transferWarnings({ part: "test", grafted: 0.5, frozen: undefined, raw: 0.5 });
  expect(others).toEqual([]);
  expect(warning).toMatch(/Negative transfer.*50\.0 % of the test pictures.*50\.0 %/);
});

test("worse than the frozen features: both figures", () => {
  const [warning] = transferWarnings({ part: "val", grafted: 0.8, frozen: 0.85, raw: 0.3 });
  expect(warning).toMatch(/did harm: 80\.0 % of the val pictures right, 85\.0 %/);
});

test("of several labels at once the figures are mean average precisions", () => {
  const compared = { part: "test", multiLabel: true, grafted: 0.5, frozen: 0.6, raw: 0.55 } as const;
  const [raw, frozen] = transferWarnings(compared);
  expect(raw).toMatch(
    /grafted model's mean average precision on the test pictures is 50\.0 %, .* 55\.0 %\. /,
  );
  expect(frozen).toMatch(/did harm: a mean average precision of 50\.0 % on the test pictures, 60\.0 % with/);
});

test("advice comes from the validation part: following it must be no choice on the test part", () => {
  expect(comparedPart({ val: 1, test: 1 })).toBe("val");
  expect(comparedPart({ test: 1 })).toBe("test");
  expect(comparedPart({})).toBeUndefined();
});

test("from scratch: what pretraining was worth, whichever is better, and no blame on the base", () => {
  const from = { part: "val", fromScratch: true, raw: 0.5 } as const;
  expect(transferWarnings({ ...from, grafted: 0.4, frozen: 0.8 })).toEqual([
    expect.stringMatching(/pretraining was worth, on the val pictures: 40\.0 % from scratch, 80\.0 %/),
  ]);
  expect(transferWarnings({ ...from, grafted: 0.9, frozen: 0.8 })).toHaveLength(1);
});
