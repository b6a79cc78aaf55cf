import { expect, test } from "vitest";
import { finish } from "../../core/async.ts";
import { floats } from "../../core/tensor.ts";
import { writeModel } from "../../onnx/write.ts";
import { feedInitializers } from "../loss-graph.ts";
import { trainStage } from "./loop.ts";
import type { LoopEvent, LoopOptions } from "./loop-options.ts";
import { type NetworkSettings, prepareStage } from "./stage.ts";
import { firstState, type StageState, unmeasured } from "./state.ts";
import { tinyInputs, tinyParts, tinySettings } from "./testing/tiny-network.ts";
import { trainable } from "./train-network.ts";

interface Options extends Partial<Omit<LoopOptions, "inputs">> {
  readonly settings?: Partial<NetworkSettings>;
  readonly pictures?: number;
  readonly validation?: number;
  readonly from?: StageState;
}

const seed = 23;
/** 96 pictures in batches of 8. */
const inEpoch = 12;

/** Trains the tiny network for one stage on the real engine. */
async function stage({ settings, pictures = 96, validation = 30, from, ...rest }: Options) {
  const data = { training: pictures, validation, seed };
  const parts = tinyParts(data);
  const prepared = prepareStage(
    { ...parts, backbone: trainable(parts.backbone, parts.spec) },
    { ...tinySettings, weightDecay: 0, optimizer: "sgd", ...settings },
    { unfreeze: { kind: "all" }, epochs: 9, views: 0 },
    parts.head,
  );
  const { step, plain, masks } = prepared;
  const weights = step.parameters.map(({ input }) => input);
  const training = await parts.runtime.load(writeModel(step.model));
  const forward = await parts.runtime.load(writeModel(feedInitializers(plain, weights)));
  const events: LoopEvent[] = [];
  const states: StageState[] = [];
  const options: LoopOptions = {
    inputs: tinyInputs(data),
    step,
    masks,
    training,
    forward,
    epochs: 9,
    earlier: 0,
    later: 0,
    batchSize: 8,
    rate: () => 0.02,
    patience: 9,
    seed,
    classes: 3,
    classWeights: settings?.classWeights,
    loss: settings?.loss,
    async keep(state) {
      states.push(state);
      return true;
    },
    ...rest,
  };
  try {
    const first = from ?? firstState(step, 0, unmeasured(parts.head));
    const ended = await finish(trainStage(options, first), (event) => events.push(event));
    return { ended, events, states };
  } finally {
    await training.release();
    await forward.release();
  }
}

const epochs = (events: readonly LoopEvent[]) =>
  events.flatMap((each) => (each.type === "epoch" ? [each] : []));
const rollbacks = (events: readonly LoopEvent[]) => events.filter((each) => each.type === "rollback");
const bits = (weights: StageState["best"]["weights"]) =>
  [...weights].map(([name, { bytes }]) => `${name} ${Buffer.from(bytes).toString("hex")}`).sort();

test("it stops `patience` epochs after the best one, and keeps that one's weights", async () => {
  // From the third epoch on nothing moves any more, so that no later loss can be lower.
  const rate = (step: number): number => (step <= 2 * inEpoch ? 0.02 : 0);
  const { ended, events, states } = await stage({ rate, patience: 3, settings: { optimizer: "adam" } });
  expect(epochs(events).map(({ best }) => best)).toEqual([true, true, false, false, false]);
  expect(ended).toMatchObject({ stale: 3, best: { epoch: 2, loss: epochs(events)[1]!.valLoss } });
  const second = states.find(({ epoch, batch }) => epoch === 3 && batch === 0)!;
  expect(bits(ended.best.weights)).toEqual(bits(second.now.weights));
});

test("later, worse weights do not take the place of the best", async () => {
  const rate = (step: number): number => (step <= 2 * inEpoch ? 0.02 : 3);
  const { ended, events } = await stage({ rate, epochs: 4, settings: { optimizer: "adam" } });
  const losses = epochs(events).map(({ valLoss }) => valLoss!);
  const least = Math.min(...losses);
  expect(losses.at(-1)).toBeGreaterThan(least);
  expect(ended.best).toMatchObject({ loss: least, epoch: losses.indexOf(least) + 1 });
  expect(bits(ended.best.weights)).not.toEqual(bits(ended.now.weights));
});

test("without validation pictures every epoch runs, and the last weights count", async () => {
  const { ended, events } = await stage({ validation: 0, epochs: 3, patience: 1 });
  expect(epochs(events).map(({ best, valLoss }) => [best, valLoss])).toEqual([
    [true, undefined],
    [true, undefined],
    [true, undefined],
  ]);
  expect(bits(ended.best.weights)).toEqual(bits(ended.now.weights));
});

/** Well for two epochs, then far too fast. */
const leap = (step: number): number => (step <= 2 * inEpoch ? 0.02 : 1e6);

test("an explosion goes back once, slower, then ends the stage with the best weights", async () => {
  const { ended, events, states } = await stage({ rate: leap });
  expect(rollbacks(events)).toMatchObject([
    { epoch: 3, again: false },
    { epoch: 3, again: true },
  ]);
  expect(ended).toMatchObject({ best: { epoch: 2 }, rateScale: 0.1 });
  const second = states.find(({ epoch, batch }) => epoch === 3 && batch === 0)!;
  expect(bits(ended.best.weights)).toEqual(bits(second.now.weights));
  // The second try is slower by ten, from the same update and the same weights on.
  const [rolled] = rollbacks(events);
  const after = events[events.indexOf(rolled!) + 1];
  if (after?.type === "step") expect(after).toMatchObject({ step: 1, learningRate: 1e5, update: 25 });
  expect(ended.now).toBe(ended.good);
});

test("gone on from before, between and after the rollbacks it ends the same", async () => {
  const { ended, events, states } = await stage({ rate: leap, epochs: 4 });
  const slow = states.filter(({ rateScale }) => rateScale < 1);
  const fast = states.filter(({ epoch, rateScale }) => epoch === 3 && rateScale === 1);
  expect(fast.length, "states of the epoch that exploded").toBeGreaterThan(0);
  for (const from of [...fast, ...slow]) {
    const again = await stage({ rate: leap, epochs: 4, from });
    expect(bits(again.ended.best.weights)).toEqual(bits(ended.best.weights));
    expect(rollbacks(again.events)).toEqual(rollbacks(events).slice(from.rateScale < 1 ? 1 : 0));
  }
});

test("a rollback that helps: at a tenth of the rate training goes on", async () => {
  // Ten times too fast by a margin, and only in the second epoch.
  const rate = (step: number): number => (step > inEpoch && step <= 2 * inEpoch ? 20 : 0.02);
  const { ended, events } = await stage({ rate, epochs: 4 });
  expect(rollbacks(events).length).toBeGreaterThan(0);
  expect(ended.rateScale).toBe(0.1);
  for (const { loss } of epochs(events)) expect(Number.isFinite(loss)).toBe(true);
});

test("where nothing was better than the start it is an error that names a rate", async () => {
  const exploding = stage({ rate: () => 1e20 });
  await expect(exploding).rejects.toMatchObject({ code: "DIVERGED", parts: { next: expect.any(String) } });
  await expect(stage({ rate: () => 1e20, validation: 0 })).rejects.toMatchObject({ code: "DIVERGED" });
});

test("an explosion of focal loss is one too", async () => {
  const { ended, events } = await stage({ rate: leap, settings: { loss: { kind: "focal", gamma: 2 } } });
  expect(rollbacks(events).map(({ again }) => again)).toEqual([false, true]);
  expect(ended).toMatchObject({ best: { epoch: 2 } });
});

test.for([30, 0])(
  "a start worth keeping is kept where nothing was better: %d held pictures",
  async (validation) => {
    const parts = tinyParts({ training: 96, validation, seed });
    const { ended, events } = await stage({ rate: () => 1e20, validation, keepsStart: true });
    expect(rollbacks(events)).toMatchObject([
      { again: false, best: 0 },
      { again: true, best: 0 },
    ]);
    expect(epochs(events)).toEqual([]);
    expect(ended.best.epoch).toBe(0);
    expect(bits(ended.best.weights)).toEqual(bits(parts.head));
  },
);

test("too few batches an epoch to judge its mean early: its end is judged all the same", async () => {
  const few = { pictures: 24, rate: () => 1e5, epochs: 3 };
  await expect(stage(few)).rejects.toMatchObject({ code: "DIVERGED" });
});

test.for<[string, Partial<NetworkSettings>]>([
  ["label smoothing", { labelSmoothing: 0.4 }],
  ["light classes", { classWeights: [0.02, 0.02, 0.02] }],
  ["heavy classes", { classWeights: [30, 30, 30] }],
  ["one class of great weight", { classWeights: [0.1, 0.1, 60] }],
  ["focal loss", { loss: { kind: "focal", gamma: 2 } }],
  ["focal loss, whose guess is next to nothing", { loss: { kind: "focal", gamma: 8 } }],
])("training that goes well is not taken for an explosion: %s", async ([, settings]) => {
  const { events } = await stage({ settings: { optimizer: "adam", ...settings }, epochs: 5 });
  expect(rollbacks(events)).toEqual([]);
  const losses = epochs(events).map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
});

test("nor is a start that is far off, which training mends", async () => {
  const parts = tinyParts({ training: 96, validation: 30, seed });
  const prepared = prepareStage(
    { ...parts, backbone: trainable(parts.backbone, parts.spec) },
    { ...tinySettings, optimizer: "adam", weightDecay: 0 },
    { unfreeze: { kind: "all" }, epochs: 9, views: 0 },
    parts.head,
  );
  const first = firstState(prepared.step, 0, unmeasured(parts.head));
  // A head 300 times as large: the first losses are many times that of guessing.
  const weights = new Map(
    [...first.now.weights].map(([name, tensor]) => {
      const scale = name === "head.0.weight" ? 300 : 1;
      const bytes = new Uint8Array(floats(tensor).map((value) => value * scale).buffer);
      return [name, { ...tensor, bytes }];
    }),
  );
  const now = { ...first.now, weights };
  const from = { ...first, now, good: now };
  const { events } = await stage({ from, rate: () => 0.05, settings: { optimizer: "adam" }, epochs: 3 });
  expect(epochs(events)[0]!.loss).toBeGreaterThan(4 * Math.log(3));
  expect(rollbacks(events)).toEqual([]);
});
