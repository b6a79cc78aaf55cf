import { expect, test } from "vitest";
import { UsageError } from "../../index.ts";
import { CheckpointError } from "../../train/errors.ts";
import { asTyped } from "./error-text.ts";

const known = new Set(["depthDecay", "unfreeze", "val", "test", "learningRate"]);

test("options stand as they are typed; what is no option, and other words, stay", () => {
  const what = (option: string, text: string) =>
    asTyped(new UsageError({ what: text }, { option, value: 3 }), known).what;
  expect(what("depthDecay", "depthDecay is 3; it must be at most 1.")).toBe(
    "--depth-decay is 3; it must be at most 1.",
  );
  expect(what("unfreeze", "The option unfreeze does nothing here:")).toBe(
    "The option --unfreeze does nothing here:",
  );
  expect(what("val + test", "val + test is 1; it must be below 1.")).toMatch(/^--val \+ --test is 1/);
  expect(what("input", "input is 1.")).toBe("input is 1.");
  expect(what("unfreeze", "--unfreeze does nothing.")).toBe("--unfreeze does nothing.");
});

test("what checkpoints differ in is named by the options that decide it, each once", () => {
  const why = "They differ in: data, learningRate, stages, averageDecay, batchStatistics.";
  const error = new CheckpointError({ what: "Another.", why }, { file: "c" });
  expect(asTyped(error, known).why).toBe(
    "They differ in: data, --learning-rate, --epochs, --unfreeze or --views, --ema, --strategy.",
  );
});
