/**
 * Teaches the backbone in the box. The same command goes on from its checkpoint where there is one; Ctrl-C stops it
 * after the step. What it writes stands in the work folder: the teacher's answers, the checkpoint, the student as it is,
 * an event file for TensorBoard.
 *
 *   npx tsx recipes/box-backbone/train.ts --tiny FOLDER --photos FOLDER --photos FOLDER [--epochs 8] [--work runs/box]
 */
import { openSync, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { derived, derivedOrder } from "../../src/core/random.ts";
import { floats, scalar } from "../../src/core/tensor.ts";
import { saveModel } from "../../src/onnx/load-node.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Session } from "../../src/runtime/session.ts";
import { carried, starting } from "../../src/train/carried.ts";
import { EventWriter, eventFileName } from "../../src/train/observers/tensorboard.ts";
import type { StepGraph } from "../../src/train/step-graph.ts";
import { finished } from "./answer.ts";
import { batchOf } from "./batch.ts";
import { distillStep } from "./distill.ts";
import { type Portion, portions, type Sources, stepsIn, views } from "./plan.ts";
import { photos, tinyImageNet } from "./sources.ts";
import { loadState, type State, saveState, weightsOf } from "./state.ts";
import { architecture } from "./student.ts";
import { spread, Teacher } from "./teacher.ts";
import type { View } from "./views.ts";

const { values: options } = parseArgs({
  options: {
    tiny: { type: "string" },
    photos: { type: "string", multiple: true, default: [] },
    epochs: { type: "string", default: "8" },
    work: { type: "string", default: "runs/box" },
    rate: { type: "string", default: "2.2e-3" },
    seed: { type: "string", default: "1" },
    steps: { type: "string" },
    /** An earlier student, packed or not, whose weights to begin with: another sitting. */
    from: { type: "string" },
  },
});
if (options.tiny === undefined) throw new Error("--tiny FOLDER: Tiny ImageNet's folder, which holds train/");
const [work, seed, batch, epochs] = [options.work, Number(options.seed), 64, Number(options.epochs)];
const recipe = { classes: 200, mapWeight: 0.5, labelWeight: 0.1, weightDecay: 0.02, slower: 0.7 };
await mkdir(work, { recursive: true });

const sources: Sources = { tiny: await tinyImageNet(options.tiny), photos: await photos(options.photos) };
const used = views.filter((view) => sources[view.pictures].length > 0);
const plan = Array.from({ length: epochs }, (_, epoch) => portions(used, sources, epoch, seed));
const planned = plan.flat().reduce((sum, portion) => sum + stepsIn(portion, sources, batch), 0);
const total = Number(options.steps ?? planned);
/** A short rise, and straight down to nothing. */
const [peak, warmup] = [Number(options.rate), 500];
const rateAt = (step: number): number => peak * Math.min(step / warmup, (total - step + 1) / total);

const teacher = new Teacher(join(work, "views"), seed);
const runtime = nodeRuntime();
const lessons = new Map<View, { readonly graph: StepGraph; readonly session: Session }>();
for (const view of used) {
  // Each view's own: how far the teacher's answers spread depends on the size of what it is shown.
  const { features, map } = await teacher.shard(view, sources[view.pictures], 0, 0);
  const standards = { features: await spread(features), map: await spread(map) };
  const graph = distillStep(architecture, view.side, standards, recipe, derived(seed, 3));
  lessons.set(view, { graph, session: await runtime.load(writeModel(graph.model)) });
}

const checkpoint = join(work, "checkpoint.safetensors");
const { graph: firstGraph } = lessons.get(used[0]!)!;
const fresh = starting(firstGraph.parameters);
let state: State = await loadState(checkpoint, {
  step: 0,
  parameters: options.from === undefined ? fresh : await weightsOf(options.from, fresh, runtime),
  memory: starting(firstGraph.state),
});
const begun = { step: state.step, at: performance.now() };
if (begun.step > 0) console.log(`goes on after step ${begun.step}`);

async function keep(): Promise<void> {
  await saveState(checkpoint, state);
  await saveModel(join(work, "student.onnx"), finished(architecture, state.parameters, derived(seed, 3)));
}

const log = openSync(join(work, eventFileName(Date.now())), "a");
const events = new EventWriter((bytes) => void writeSync(log, bytes), Date.now);
const sums = new Map<string, { readonly sum: number; readonly count: number }>();

/** Losses since the last time, with the time left at this pace. */
function tell(epoch: number): void {
  const { step } = state;
  const seconds = (performance.now() - begun.at) / 1000;
  const left = (seconds / (step - begun.step)) * (total - step);
  const losses = [...sums].map(([name, { sum, count }]) => {
    events.scalar(name, step, sum / count);
    return `${name} ${(sum / count).toFixed(4)}`;
  });
  events.scalar("rate", step, rateAt(step));
  sums.clear();
  const times = `${Math.round(seconds)} s, ${Math.round(left)} s left`;
  console.log(`epoch ${epoch + 1}/${epochs} step ${step}/${total} ${times}  ${losses.join("  ")}`);
}

let stopping = false;
process.once("SIGINT", () => {
  stopping = true;
});

/** Goes through one shard from its batch `from` on, as far as there are steps left. */
async function go(
  { view, cycle, shard: index }: Portion,
  epoch: number,
  place: number,
  from: number,
): Promise<void> {
  const shard = await teacher.shard(view, sources[view.pictures], cycle, index);
  const { graph, session } = lessons.get(view)!;
  const order = derivedOrder(shard.rows, seed, 11, epoch, place);
  for (let i = from; (i + 1) * batch <= shard.rows && state.step < total && !stopping; i++) {
    const step = state.step + 1;
    const rows = order.subarray(i * batch, (i + 1) * batch);
    const answer = await session.run({
      ...batchOf(shard, rows, derived(seed, 13, step)),
      ...Object.fromEntries([...state.parameters, ...state.memory]),
      rate: scalar(rateAt(step)),
      step: scalar(step),
    });
    state = { step, parameters: carried(graph.parameters, answer), memory: carried(graph.state, answer) };
    for (const name of ["loss.features", "loss.map", "loss.labels"]) {
      const value = floats(answer[name]!)[0]!;
      if (!Number.isFinite(value)) throw new Error(`step ${step}: ${name} is ${value}`);
      const { sum, count } = sums.get(`${name}/${view.name}`) ?? { sum: 0, count: 0 };
      sums.set(`${name}/${view.name}`, { sum: sum + value, count: count + 1 });
    }
    if (step % 100 === 0) tell(epoch);
  }
}

let passed = 0;
let kept = performance.now();
for (const [epoch, parts] of plan.entries()) {
  for (const [place, portion] of parts.entries()) {
    const steps = stepsIn(portion, sources, batch);
    const from = Math.max(state.step - passed, 0);
    passed += steps;
    if (from >= steps || stopping || state.step >= total) continue;
    await go(portion, epoch, place, from);
    if (performance.now() - kept < 120_000) continue;
    await keep();
    kept = performance.now();
  }
}
await keep();
await teacher.close();
for (const { session } of lessons.values()) await session.release();
console.log(stopping ? `stopped after step ${state.step}; the same command goes on` : "done");
