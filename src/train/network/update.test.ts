import { expect, test } from "vitest";
import { finish } from "../../core/async.ts";
import { floats } from "../../core/tensor.ts";
import type { NetworkSettings } from "./stage.ts";
import type { Carry, StageState, Tensors } from "./state.ts";
import { tinyBackbone, tinyParts, tinySettings } from "./testing/tiny-network.ts";
import { type NetworkParts, trainNetwork } from "./train-network.ts";

const seed = 31;
/** Plain steps: what one update does can then be told from the weights. */
const settings: NetworkSettings = {
  ...tinySettings,
  stages: [{ unfreeze: { kind: "all" }, epochs: 1, views: 0 }],
  optimizer: "sgd",
  weightDecay: 0,
  schedule: "constant",
  warmup: 0,
  learningRate: 0.01,
  batchSize: 32,
};

/** The states after each update, and the one that training began with. */
async function states(
  own: Partial<NetworkSettings>,
  training = 96,
  others: Partial<NetworkParts> = {},
): Promise<readonly StageState[]> {
  const kept: StageState[] = [];
  const checkpoints = {
    load: async () => ({ from: "start" }) as const,
    async keep(state: StageState, moment: string) {
      if (moment === "step") kept.push(state);
      return true;
    },
  };
  const parts = tinyParts({ training, validation: 12, seed }, { checkpoints, ...others });
  await finish(trainNetwork(parts, { ...settings, ...own }));
  return kept;
}

const values = (tensors: Tensors, name: string): number[] => [...floats(tensors.get(name)!)];

function distance(one: Tensors, other: Tensors): number {
  const squares = [...one.keys()].flatMap((name) => {
    const others = values(other, name);
    return values(one, name).map((value, i) => (value - others[i]!) ** 2);
  });
  return Math.sqrt(squares.reduce((sum, each) => sum + each, 0));
}

const norm = (tensors: Tensors): number =>
  distance(tensors, new Map([...tensors].map(([name, tensor]) => [name, zeros(tensor)])));
const zeros = <T extends { readonly bytes: Uint8Array }>(tensor: T): T => ({
  ...tensor,
  bytes: new Uint8Array(tensor.bytes.length),
});

/** From the first update, where Nesterov's step is (1 + momentum) times the gradient. */
const firstStep = ({ good, now }: StageState, name: string): number[] => {
  const before = values(good.weights, name);
  return values(now.weights, name).map((value, i) => value - before[i]!);
};

test.for<[string, Partial<NetworkSettings>]>([
  ["plain", {}],
  [
    "clipped, averaged and smoothed",
    { clipNorm: 0.5, averageDecay: 0.9, labelSmoothing: 0.1, depthDecay: 0.3 },
  ],
])("8 pictures 4 times are 32 at once, the last, smaller batch too: %s", async ([, own]) => {
  // 32, 32 and 26: the last update has parts of 8, 8, 8 and 2.
  const whole = await states(own, 90);
  const parts = await states({ ...own, batchSize: 8, accumulate: 4 }, 90);
  expect(parts.map(({ batch, step }) => [batch, step])).toEqual(
    whole.map(({ batch, step }) => [batch, step]),
  );
  for (const [i, one] of whole.entries()) {
    const other = parts[i]!;
    for (const key of ["weights", "slots", "averages"] as const satisfies readonly (keyof Carry)[]) {
      const scale = norm(one.now[key]) || 1;
      expect(distance(one.now[key], other.now[key]) / scale, `${key} after update ${i + 1}`).toBeLessThan(
        1e-5,
      );
    }
    expect(other.sums.loss).toBeCloseTo(one.sums.loss, 3);
    expect(other.sums).toMatchObject({ rows: one.sums.rows, hits: one.sums.hits });
    expect(other.sums.guess).toBeCloseTo(one.sums.guess, 6);
  }
  // They moved by far more than they differ.
  expect(distance(whole[0]!.good.weights, whole[0]!.now.weights)).toBeGreaterThan(1e-3);
});

test("running statistics move with each part, as they do with each batch of its size", async () => {
  const backbone = tinyBackbone(seed, { normalised: true });
  // At such a rate the weights stand still, so that parts of one update meet what updates of their own would.
  const still = { learningRate: 1e-30, batchStatistics: true, batchSize: 8 };
  const [single, parts] = [
    await states(still, 64, { backbone }),
    await states({ ...still, accumulate: 4 }, 64, { backbone }),
  ];
  for (const [i, { now }] of parts.entries()) {
    const same = single[4 * i + 3]!.now.weights;
    for (const name of ["norm.mean", "norm.var"]) {
      expect(values(now.weights, name), `${name} after update ${i + 1}`).toEqual(values(same, name));
      expect(values(now.weights, name)).not.toEqual(values(single[0]!.good.weights, name));
    }
  }
});

test("the averages follow d·average + (1 - d)·weight with d = min(decay, (1 + step) / (10 + step))", async () => {
  const decay = 0.4;
  const kept = await states({ averageDecay: decay, batchSize: 8 });
  expect(kept).toHaveLength(12);
  const name = "second.weight";
  let average = values(kept[0]!.good.weights, name);
  for (const { now, step } of kept) {
    const d = Math.min(decay, (1 + step) / (10 + step));
    const weight = values(now.weights, name);
    average = average.map((value, i) => d * value + (1 - d) * weight[i]!);
    const held = values(now.averages, `${name}/average`);
    for (const [i, value] of held.entries()) expect(value, `update ${step}`).toBeCloseTo(average[i]!, 5);
  }
  const { now } = kept.at(-1)!;
  expect(
    distance(
      now.weights,
      new Map([...now.weights.keys()].map((each) => [each, now.averages.get(`${each}/average`)!])),
    ),
  ).toBeGreaterThan(1e-4);
});

test("what is measured and comes out are the averages", async () => {
  let last: StageState | undefined;
  const checkpoints = {
    load: async () => ({ from: "start" }) as const,
    async keep(state: StageState) {
      last = state;
      return true;
    },
  };
  const parts = tinyParts({ training: 96, validation: 0, seed }, { checkpoints });
  const trained = await finish(trainNetwork(parts, { ...settings, averageDecay: 0.5 }));
  const out = trained.backbone.model.graph.initializers;
  expect(values(out, "first.weight")).toEqual(values(last!.now.averages, "first.weight/average"));
  expect(values(out, "first.weight")).not.toEqual(values(last!.now.weights, "first.weight"));
  expect(values(trained.head, "head.0.bias")).toEqual(values(last!.now.averages, "head.0.bias/average"));
});

test("clipping holds all gradients together to the norm, and leaves shorter ones alone", async () => {
  const nesterov = 1.9;
  const [free] = await states({});
  const length = distance(free!.good.weights, free!.now.weights) / (nesterov * settings.learningRate);
  for (const share of [0.1, 0.7]) {
    const [held] = await states({ clipNorm: share * length });
    const moved = distance(held!.good.weights, held!.now.weights) / (nesterov * settings.learningRate);
    expect(moved / length).toBeCloseTo(share, 4);
    const [x, y] = [firstStep(held!, "first.weight"), firstStep(free!, "first.weight")];
    for (const [i, value] of x.entries()) expect(value).toBeCloseTo(share * y[i]!, 6);
  }
  const [loose] = await states({ clipNorm: 1.01 * length });
  expect(distance(loose!.now.weights, free!.now.weights)).toBeLessThan(1e-6);
});

test("with depth decay a block steps as far as the one above times it, the head in full", async () => {
  const decay = 0.25;
  const [even] = await states({});
  const [uneven] = await states({ depthDecay: decay });
  const shares = { "head.0.weight": 1, "head.0.bias": 1, "second.weight": decay, "first.weight": decay ** 2 };
  for (const [name, share] of Object.entries(shares)) {
    const [x, y] = [firstStep(uneven!, name), firstStep(even!, name)];
    expect(Math.max(...y.map(Math.abs)), name).toBeGreaterThan(1e-5);
    for (const [i, value] of x.entries()) expect(value, name).toBeCloseTo(share * y[i]!, 6);
  }
});
