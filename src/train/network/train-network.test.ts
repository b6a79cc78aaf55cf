import { expect, test } from "vitest";
import { finish } from "../../core/async.ts";
import { bigints, float32, floats } from "../../core/tensor.ts";
import { CheckpointError } from "../errors.ts";
import type { EpochEvent } from "../trained-head.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { readTensors, writeTensors } from "./safetensors.ts";
import type { NetworkSettings } from "./stage.ts";
import type { StageState } from "./state.ts";
import { tinyInputs, tinyParts, tinySettings } from "./testing/tiny-network.ts";
import {
  type Checkpoints,
  type NetworkEvent,
  type NetworkParts,
  type TrainedNetwork,
  trainNetwork,
} from "./train-network.ts";

const data = { training: 26, validation: 18, seed: 11 };
/** Updates in an epoch: 26 pictures in batches of 8. */
const inEpoch = 4;

interface Run {
  readonly trained: TrainedNetwork;
  readonly events: readonly NetworkEvent[];
}

async function run(settings: NetworkSettings, parts: Partial<NetworkParts> = {}): Promise<Run> {
  const events: NetworkEvent[] = [];
  const stream = trainNetwork(tinyParts(data, parts), settings);
  return { trained: await finish(stream, (event) => events.push(event)), events };
}

/** What a training comes to, bit for bit. */
function outcome({ backbone, head, history }: TrainedNetwork) {
  const bits = [...head].map(([name, tensor]) => [name, Buffer.from(tensor.bytes).toString("hex")]);
  return { backbone: Buffer.from(backbone.bytes).toString("hex"), bits, history };
}

const isEpoch = (event: NetworkEvent): event is EpochEvent => event.type === "epoch";

/** A state that went through a file's bytes, as a process that was killed leaves it to the next one. */
async function throughBytes(state: StageState): Promise<StageState> {
  const bytes = Buffer.concat(writeTensors(writeCheckpoint({ state, identity: {} })));
  const read = async (offset: number, length: number) =>
    new Uint8Array(bytes.subarray(offset, offset + length));
  const file = await readTensors({ size: bytes.length, read }, Error);
  return readCheckpoint(file, "bytes").state;
}

/** Keeps every state, and goes on from `from`. */
function keepAll(from?: StageState): Checkpoints & { readonly states: StageState[] } {
  const states: StageState[] = [];
  return {
    states,
    load: async () => (from ? { from: "checkpoint", state: await throughBytes(from) } : { from: "start" }),
    async keep(state) {
      states.push(state);
      return true;
    },
  };
}

/** Two stages with everything that has a memory: Adam's moments, averages, dropout, and noise a picture and epoch. */
const stages: NetworkSettings = {
  ...tinySettings,
  stages: [
    { unfreeze: { kind: "blocks", count: 1 }, epochs: 2, views: 0 },
    { unfreeze: { kind: "all" }, epochs: 2, views: 0 },
  ],
  averageDecay: 0.9,
  clipNorm: 1,
  depthDecay: 0.5,
};
const head = [
  { kind: "dense", units: 5, activation: "tanh" },
  { kind: "dropout", rate: 0.3 },
] as const;
const withHead = (): Partial<NetworkParts> => {
  const { head: _, ...parts } = tinyParts(data, { spec: head });
  return { spec: head, head: tinyParts(data, { spec: head }).head, runtime: parts.runtime };
};

test("it learns, and the same settings give the same bits", async () => {
  const settings = { ...tinySettings, stages: [{ ...tinySettings.stages[0]!, epochs: 25 }] };
  const [one, other] = [await run(settings), await run(settings)];
  const best = one.trained.history.filter((event) => event.best).at(-1);
  expect(best?.valAccuracy, `seed ${data.seed}`).toBeGreaterThan(0.9);
  expect(outcome(one.trained)).toEqual(outcome(other.trained));
  const seeded = await run({ ...settings, seed: settings.seed + 1 });
  expect(outcome(seeded.trained).bits).not.toEqual(outcome(one.trained).bits);
});

test("gone on from any moment, epochs' middles, ends and stages' ends, it ends in the same bits", async () => {
  const whole = keepAll();
  const { trained, events } = await run(stages, { ...withHead(), checkpoints: whole });
  // The updates of 4 epochs, each epoch's end, and each stage's.
  expect(whole.states).toHaveLength(4 * (inEpoch + 1) + 2);
  expect(new Set(whole.states.map((state) => state.stage))).toEqual(new Set([0, 1]));
  for (const [i, state] of whole.states.entries()) {
    const again = await run(stages, { ...withHead(), checkpoints: keepAll(state) });
    expect(outcome(again.trained), `state ${i}, seed ${data.seed}`).toEqual(outcome(trained));
    expect(again.events.filter(isEpoch), `state ${i}`).toEqual(events.filter(isEpoch));
  }
});

test("killed twice is no different", async () => {
  const whole = keepAll();
  const { trained } = await run(stages, { ...withHead(), checkpoints: whole });
  const second = keepAll(whole.states[3]);
  await run(stages, { ...withHead(), checkpoints: second });
  const third = await run(stages, { ...withHead(), checkpoints: keepAll(second.states[8]) });
  expect(outcome(third.trained)).toEqual(outcome(trained));
});

test("a stop keeps the very last update, says so, and closes what was open", async () => {
  const { trained } = await run(stages, withHead());
  for (const stopAt of [1, 3, 4, 5, 9]) {
    const stop = new AbortController();
    let [updates, closed, open] = [0, 0, 0];
    const kept: StageState[] = [];
    const events: NetworkEvent[] = [];
    const checkpoints: Checkpoints = {
      load: async () => ({ from: "start" }),
      async keep(state, moment) {
        if (moment === "stop") kept.push(state);
        return moment === "stop";
      },
    };
    const parts = tinyParts(data, {
      ...withHead(),
      checkpoints,
      signal: stop.signal,
      async *openInputs() {
        yield { type: "views", done: 0, total: 0 };
        open++;
        return tinyInputs(data, () => closed++);
      },
    });
    const stopped = finish(trainNetwork(parts, stages), (event) => {
      events.push(event);
      if (event.type === "step" && ++updates === stopAt) stop.abort();
    });
    await expect(stopped).rejects.toThrow(/abort/);
    expect(kept, `stopped at ${stopAt}`).toHaveLength(1);
    expect(closed).toBe(open);
    const [state] = kept;
    const epochs = Math.floor((stopAt - 1) / inEpoch) + 1;
    expect(events.at(-1)).toMatchObject({ type: "kept", epoch: epochs, epochs: 4, step: state!.batch });
    // The fourth is an epoch's last: validation is what it stops in.
    expect((epochs - 1) * inEpoch + state!.batch).toBe(stopAt);
    const again = await run(stages, { ...withHead(), checkpoints: keepAll(state) });
    expect(outcome(again.trained), `stopped at ${stopAt}`).toEqual(outcome(trained));
  }
});

test("an error of the engine or the inputs closes everything, and is not taken for a stop", async () => {
  let closed = 0;
  const moments: string[] = [];
  const checkpoints: Checkpoints = {
    load: async () => ({ from: "start" }),
    keep: async (_, moment) => moments.push(moment) > 0,
  };
  const broken = trainNetwork(
    tinyParts(data, {
      checkpoints,
      async *openInputs() {
        yield { type: "views", done: 0, total: 0 };
        const inputs = tinyInputs(data, () => closed++);
        const failing = async (indices: Int32Array, epoch: number) => {
          if (epoch === 2) throw new Error("the disk is gone");
          return await inputs.batch(indices, epoch);
        };
        return { ...inputs, batch: failing };
      },
    }),
    tinySettings,
  );
  await expect(finish(broken)).rejects.toThrow("the disk is gone");
  expect(closed).toBe(1);
  expect(moments).toContain("epoch");
  expect(moments).not.toContain("stop");
});

test("events count epochs and updates over all stages", async () => {
  const { events } = await run(stages, withHead());
  const epochs = events.filter(isEpoch);
  expect(epochs.map(({ epoch, epochs: all, stage }) => [epoch, all, stage])).toEqual([
    [1, 4, 1],
    [2, 4, 1],
    [3, 4, 2],
    [4, 4, 2],
  ]);
  const updates = events.flatMap((event) => (event.type === "step" ? [event.update] : []));
  expect(updates).toEqual(Array.from({ length: 4 * inEpoch }, (_, i) => i + 1));
  const chosen = events.at(-1);
  expect(chosen).toMatchObject({ type: "chosen", epochs: 4 });
  const best = epochs.filter((event) => event.best).at(-1);
  expect(chosen).toMatchObject({ epoch: best?.epoch ?? 0 });
});

test("under focal loss validation is by it too, start and epochs alike", async () => {
  const focal = await run({ ...tinySettings, loss: { kind: "focal", gamma: 2 } });
  const cross = await run(tinySettings);
  const first = ({ events }: Run) => events.find(isEpoch)?.valLoss ?? Number.NaN;
  expect(first(focal), `seed ${data.seed}`).toBeLessThan(0.7 * first(cross));
});

test("a training that keeps its start ends with the start's own weights where it diverges", async () => {
  const parts = tinyParts(data);
  const wild = { ...tinySettings, learningRate: 1e20, keepsStart: true, warmup: 0 };
  const { trained, events } = await run(wild);
  expect(events.filter((event) => event.type === "rollback")).toMatchObject([
    { again: false },
    { again: true, best: 0 },
  ]);
  expect(events.at(-1)).toMatchObject({ type: "chosen", epoch: 0 });
  for (const [name, tensor] of parts.head) expect(floats(trained.head.get(name)!)).toEqual(floats(tensor));
  const kept = trained.backbone.model.graph.initializers;
  for (const [name, tensor] of parts.backbone.model.graph.initializers)
    expect(Buffer.from(kept.get(name)!.bytes).equals(Buffer.from(tensor.bytes)), name).toBe(true);
  await expect(run({ ...wild, keepsStart: false })).rejects.toMatchObject({ code: "DIVERGED" });
});

test("where no epoch beats the start, the start's own weights come out", async () => {
  const parts = withHead();
  const { trained, events } = await run({ ...stages, learningRate: 1e-30, averageDecay: undefined }, parts);
  expect(events.at(-1)).toMatchObject({ type: "chosen", epoch: 0 });
  for (const [name, tensor] of parts.head!) expect(floats(trained.head.get(name)!)).toEqual(floats(tensor));
  const { model } = tinyParts(data).backbone;
  for (const [name, tensor] of model.graph.initializers) {
    const kept = trained.backbone.model.graph.initializers.get(name)!;
    if (tensor.dtype === "float32") expect(floats(kept)).toEqual(floats(tensor));
    else expect(bigints(kept)).toEqual(bigints(tensor));
  }
});

test("a start whose validation loss is not finite does not win over what training brings", async () => {
  let asked = 0;
  const { events } = await run(tinySettings, {
    async *openInputs() {
      yield { type: "views", done: 0, total: 0 };
      const inputs = tinyInputs(data);
      const validate = async function* () {
        const spoilt = asked++ === 0;
        for await (const batch of inputs.validate()) {
          const size = floats(batch.input).length;
          yield spoilt
            ? { ...batch, input: float32(new Float32Array(size).fill(Number.NaN), batch.input.shape) }
            : batch;
        }
      };
      return { ...inputs, validate };
    },
  });
  expect(events.filter(isEpoch)[0]).toMatchObject({ best: true });
  expect(events.at(-1)).toMatchObject({ type: "chosen" });
  expect(events.at(-1)).not.toMatchObject({ epoch: 0 });
});

test("a checkpoint that cannot be written is told, and training goes on to the same bits", async () => {
  let tries = 0;
  const checkpoints: Checkpoints = {
    load: async () => ({ from: "start" }),
    async keep() {
      if (tries++ > 0) return false;
      throw new CheckpointError({ what: "Cannot write it:", why: "no room." }, { file: "x" });
    },
  };
  const { trained, events } = await run(tinySettings, { checkpoints });
  const warnings = events.filter((event) => event.type === "warning");
  expect(warnings.map(({ message }) => message)).toEqual([
    "Cannot write it: no room. Training goes on without; what was kept before can still be gone on from.",
  ]);
  expect(outcome(trained)).toEqual(outcome((await run(tinySettings)).trained));
  const broken: Checkpoints = { ...checkpoints, keep: () => Promise.reject(new Error("a mistake")) };
  await expect(run(tinySettings, { checkpoints: broken })).rejects.toThrow("a mistake");
});

test("one-cycle rises over its own 30 % of the updates unless another share is given", async () => {
  const peaks = async (warmup: number | undefined) => {
    const { events } = await run({ ...tinySettings, schedule: "one-cycle", warmup });
    const rates = events.flatMap((event) => (event.type === "step" ? [event.learningRate] : []));
    return [rates.length, 1 + rates.indexOf(Math.max(...rates))];
  };
  // Three epochs of four updates.
  expect(await peaks(undefined)).toEqual([12, Math.round(0.3 * 12)]);
  expect(await peaks(0.5)).toEqual([12, 6]);
});
