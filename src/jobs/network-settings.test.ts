import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { recordOf } from "../train/record.ts";
import { findLearningRate } from "./lr-find.ts";
import { networkOf } from "./network-settings.ts";
import { settingsOf, type TrainChoices } from "./train-settings.ts";

test.for<[string, string]>([
  ['{ "optimizer": "foo" }', "There is no optimizer 'foo'. Choose adam, adamw, sgd, rmsprop."],
  ['{ "optimizer": "toString" }', "There is no optimizer 'toString'."],
  ['{ "schedule": "foo" }', "There is no schedule 'foo'. Choose constant, cosine, linear, one-cycle."],
  ['{ "augment": { "flip": false } }', "augment.flip: false is not what it takes"],
  ['{ "augment": { "rotated": 5 } }', "augment.rotated is no augmentation."],
])("what a program without types may pass is refused at once: %s", ([json, message]) => {
  const settings = () => settingsOf({ strategy: "finetune", ...JSON.parse(json) });
  expect(settings).toThrow(UsageError);
  expect(settings).toThrow(message);
});

test("the rate rises over a tenth of the updates; one-cycle's own share is left to it", () => {
  const warmup = (own: TrainChoices) => networkOf({ strategy: "finetune", ...own })?.warmup;
  expect(warmup({})).toBe(0.1);
  expect(warmup({ schedule: "linear" })).toBe(0.1);
  expect(warmup({ schedule: "one-cycle" })).toBeUndefined();
  expect(warmup({ schedule: "one-cycle", warmup: 0.2 })).toBe(0.2);
});

test("lambda is of a head that is kept: where it is drawn anew it is refused, and not recorded", () => {
  for (const strategy of ["full", "scratch"] as const) {
    const settings = () => settingsOf({ strategy, regularisation: 1 });
    expect(settings).toThrow(UsageError);
    expect(settings).toThrow(`--regularisation does nothing with --strategy ${strategy}:`);
    expect(recordOf(settingsOf({ strategy }), 0.3)).not.toHaveProperty("regularisation");
  }
  const kept = settingsOf({ strategy: "finetune", regularisation: 1 });
  expect(recordOf(kept, 1)).toMatchObject({ regularisation: 1 });
});

test("a strategy that is there but undefined leaves lr-find its default", async () => {
  const finding = findLearningRate({ data: "/nowhere", out: "", strategy: undefined });
  await expect(finding.next()).rejects.not.toThrow(/no learning rate to find here/);
});
