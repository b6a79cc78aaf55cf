import { expect, test } from "vitest";
import type { StageEvent } from "../../index.ts";
import { stageLines } from "./training.ts";

const stage: StageEvent = {
  type: "stage",
  stage: 1,
  stages: 1,
  blocks: 2,
  ofBlocks: 9,
  from: "pooled",
  weights: 4,
  parameters: 1000,
  groups: [{ name: "head", parameters: 1000, learningRate: 0.001 }],
  epochs: 8,
  batchSize: 32,
  accumulate: 1,
  labelSmoothing: 0.1,
  views: 4,
  viewsReason: "usual",
  viewBytes: 2048,
  keptBytes: 819200,
};
const last = (event: Partial<StageEvent>): string => stageLines({ ...stage, ...event }).at(-1) ?? "";

test("what is said of the frozen part is the true reason", () => {
  expect(last({})).toMatch(/runs once: 4 views of each picture, 2.* \(--views 0 runs it each epoch\)$/);
  expect(last({ viewsReason: "asked" })).toMatch(/4 views .*, as --views asks$/);
  expect(last({ views: 3, viewsReason: "epochs" })).toMatch(
    /3 views .*one an epoch: more would never be seen/,
  );
  expect(last({ views: 1, viewsReason: "alike" })).toMatch(/1 view of each .*nothing varies/);
  expect(last({ views: 2, viewsReason: "space" })).toMatch(/2 views .*as many as 4 GiB hold/);
  expect(last({ views: 0, viewsReason: "space" })).toMatch(/each epoch: .*more than 4 GiB \(--views 2 keeps/);
  expect(last({ views: 0, viewsReason: "mixes" })).toBe(
    "The frozen part runs each epoch: pictures that are blended with others have no views of their own to keep",
  );
  expect(last({ views: 0, viewsReason: "asked" })).toBe("The frozen part runs each epoch, as --views 0 asks");
});

test("where all blocks are trained there is no frozen part to speak of", () => {
  expect(stageLines({ ...stage, blocks: 9, views: 0, viewsReason: "nothing frozen" })).toHaveLength(2);
});

test("one epoch is no epochs; label smoothing, which training's loss has and validation's not, is named", () => {
  expect(stageLines({ ...stage, epochs: 1 })[0]).toMatch(/up to 1 epoch of .* 32, label smoothing 0\.1$/);
  expect(stageLines({ ...stage, labelSmoothing: 0 })[0]).toMatch(/up to 8 epochs of batches of 32$/);
});
