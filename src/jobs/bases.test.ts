import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { type BasesOptions, basesOf, refuseSeveral } from "./bases.ts";

const left = { preprocess: undefined, size: undefined, fit: undefined, cut: undefined };

test("one base, however it is said", () => {
  for (const base of [undefined, [undefined]] as const) {
    expect(basesOf({ base })).toEqual([{ ...left, base: undefined }]);
  }
  expect(basesOf({})).toEqual([{ ...left, base: undefined }]);
  expect(basesOf({ base: "a.onnx", size: [96], fit: "squash" })).toEqual([
    { ...left, base: "a.onnx", size: 96, fit: "squash" },
  ]);
});

test("an option given once is for all, repeated it is for one after another, and undefined leaves a base its own", () => {
  const options: BasesOptions = {
    base: ["a.onnx", "b.onnx"],
    preprocess: ["inception", "imagenet"],
    size: 128,
    fit: ["contain"],
    cut: [undefined, "pool"],
  };
  expect(basesOf(options)).toEqual([
    { base: "a.onnx", preprocess: "inception", size: 128, fit: "contain", cut: undefined },
    { base: "b.onnx", preprocess: "imagenet", size: 128, fit: "contain", cut: "pool" },
  ]);
});

test("lists that do not fit are refused with words", () => {
  expect(() => basesOf({ base: ["a", "b", "c"], size: [1, 2] })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: --size is given 2 times, for 3 bases. Given once it is for every base, repeated it is for one base after another. Give it once or 3 times; 'auto' leaves a base its own.]`,
  );
  expect(() => basesOf({ size: [96, 128] })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: --size is given 2 times, for one base. Given once it is for every base, repeated it is for one base after another. Give it once, or repeat --base as well.]`,
  );
  expect(() => basesOf({ base: ["a", "b"], cut: [] })).toThrow("--cut is given 0 times, for 2 bases");
  expect(() => basesOf({ base: [] })).toThrow("The list of bases is empty. Leave it out");
  expect(() => basesOf({ base: [] })).toThrow(UsageError);
});

test("strategies that train the base want one", () => {
  const two = basesOf({ base: ["a.onnx", "b.onnx"] });
  expect(() => refuseSeveral(two, "finetune")).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: --strategy finetune trains one base, and there are 2. Choose one --base, or leave out --strategy: the head is trained on several.]`,
  );
  refuseSeveral(two, "features");
  refuseSeveral(basesOf({ base: "a.onnx" }), "scratch");
});
