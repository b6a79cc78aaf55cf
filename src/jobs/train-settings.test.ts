import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { recordOf } from "../train/record.ts";
import { settingsOf } from "./train-settings.ts";

test("focal loss: of a head with hidden layers and of the base; a linear head, which is solved, refuses it", () => {
  const focal = { kind: "focal", gamma: 3 };
  expect(settingsOf({ head: "dense:8", loss: "focal:3" }).loss).toEqual(focal);
  for (const strategy of ["finetune", "full", "scratch"] as const) {
    const settings = settingsOf({ strategy, loss: "focal:3" });
    expect(settings.loss).toEqual(focal);
    expect(recordOf(settings, 0.1)).toMatchObject({ strategy, loss: "focal:3" });
  }
  expect(() => settingsOf({ loss: "focal" })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: The loss focal:2 is for gradient steps: a linear head takes none, it is solved to the optimum of its cross-entropy. Leave --loss out, give the head hidden layers (--head dense:256), or train the base (--strategy finetune).]`,
  );
  // It is what a linear head is solved by.
  expect(recordOf(settingsOf({ loss: "cross-entropy" }), 0.1)).toMatchObject({ loss: "cross-entropy" });
  expect(() => settingsOf({ head: "dense:8", loss: "hinge" })).toThrow(UsageError);
});

test("64 views are taken, 65 are refused with words", () => {
  const strategy = "finetune";
  expect(settingsOf({ strategy, views: 64 }).network?.stages).toMatchObject([{ views: 64 }]);
  expect(() => settingsOf({ strategy, views: 65 })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: views is 65; it must be a whole number from 0 to 64, for each fills the disk further. Leave it out for the default.]`,
  );
  expect(() => settingsOf({ strategy, views: 65 })).toThrow(UsageError);
});
