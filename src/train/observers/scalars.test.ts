import { expect, test } from "vitest";
import type { EpochEvent } from "../trained-head.ts";
import { scalarsOf } from "./scalars.ts";

const epoch: EpochEvent = {
  type: "epoch",
  epoch: 3,
  epochs: 8,
  loss: 0.5,
  accuracy: 0.75,
  valLoss: undefined,
  valAccuracy: 0.7,
  learningRate: 0.01,
  best: true,
};

test("the head's curves and the base's have names of their own", () => {
  expect(scalarsOf(epoch)).toEqual({
    step: 3,
    values: {
      "head/loss/train": 0.5,
      "head/loss/val": undefined,
      "head/accuracy/train": 0.75,
      "head/accuracy/val": 0.7,
      "head/learning rate": 0.01,
    },
  });
  expect(Object.keys(scalarsOf({ ...epoch, stage: 1 })!.values)).toEqual([
    "loss/train",
    "loss/val",
    "accuracy/train",
    "accuracy/val",
    "learning rate",
  ]);
});

test("an update's own loss stands at its number over all stages, the epoch's mean nowhere", () => {
  const step = {
    type: "step",
    epoch: 2,
    epochs: 4,
    step: 1,
    steps: 6,
    update: 7,
    batchLoss: 0.9,
    loss: 0.4,
  } as const;
  const scalars = scalarsOf({ ...step, accuracy: 0.5, learningRate: 0.1 });
  expect(scalars).toEqual({ step: 7, values: { "loss/step": 0.9 } });
});

test("progress is not drawn", () => {
  expect(scalarsOf({ type: "views", done: 1, total: 2 })).toBeUndefined();
});
