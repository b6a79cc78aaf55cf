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
import { derived, derivedOrder, deriveSeed } from "../../src/core/random.ts";
import { saveModel } from "../../src/onnx/load-node.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { starting } from "../../src/train/carried.ts";
import { EventWriter, eventFileName } from "../../src/train/observers/tensorboard.ts";
import { finished } from "./answer.ts";
import { distillStep } from "./distill.ts";
import type { Task } from "./learner.ts";
import { apart, Learners } from "./learners.ts";
import { courses, type Portion, portions, rowsIn, stepsIn } from "./plan.ts";
import { photos, tinyImageNet } from "./sources.ts";
import { loadState, type State, saveState, weightsOf } from "./state.ts";
import { shardFrom, spread, Teacher } from "./teacher.ts";
import { picturesOf, type Sources } from "./views.ts";

const { values: options } = parseArgs({
  options: {
    tiny: { type: "string" },
    photos: { type: "string", multiple: true, default: [] },
    epochs: { type: "string", default: "8" },
    work: { type: "string", default: "runs/box" },
    course: { type: "string", default: "small" },
    rate: { type: "string", default: "2e-3" },
    seed: { type: "string", default: "1" },
    steps: { type: "string" },
    /** An earlier student, packed or not, whose weights to begin with: another sitting. */
    from: { type: "string" },
  },
});
if (options.tiny === undefined) throw new Error("--tiny FOLDER: Tiny ImageNet's folder, which holds train/");
const [work, seed, batch, epochs] = [options.work, Number(options.seed), 64, Number(options.epochs)];
const course = courses[options.course as keyof typeof courses];
if (course === undefined) throw new Error(`--course ${options.course}: small, large or narrow`);
const recipe = { side: course.sides.student, classes: 200, labelWeight: 0.3, weightDecay: 0.02, slower: 0.7 };
await mkdir(work, { recursive: true });

const sources: Sources = { tiny: await tinyImageNet(options.tiny), photos: await photos(options.photos) };
const used = course.views.filter((view) => sources[view.pictures].length > 0);
const teacher = new Teacher(join(work, "views"), course.sides, seed);
const { features } = await shardFrom(await teacher.shard(used[0]!, picturesOf(used[0]!, sources), 0));
const graph = distillStep(course.student, await spread(features), recipe, derived(seed, 3));

const checkpoint = join(work, "checkpoint.safetensors");
const fresh = starting(graph.parameters);
let state: State = await loadState(checkpoint, {
  step: 0,
  parameters: options.from === undefined ? fresh : await weightsOf(options.from, fresh, nodeRuntime()),
  memory: starting(graph.state),
});
const lossNames = ["loss.features", "loss.labels"];
const learners = Learners.open(graph, lossNames);
const begun = { step: state.step, at: performance.now() };
if (begun.step > 0) console.log(`goes on after step ${begun.step}`);

/** Steps of a shard, all learners together; a few that do not fill the time between two meetings are left out. */
const stepsOf = (portion: Portion): number => {
  const steps = stepsIn(portion, sources, batch * learners.count);
  return steps - (steps % apart);
};
const plan = Array.from({ length: epochs }, (_, epoch) => portions(used, sources, epoch, seed));
const planned = plan.flat().reduce((sum, portion) => sum + stepsOf(portion), 0);
const total = Number(options.steps ?? planned);
/** A short rise, and straight down to nothing. */
const [peak, warmup] = [Number(options.rate), Math.min(500, total / 10)];
const rateAt = (step: number): number => peak * Math.min(step / warmup, (total - step + 1) / total);

async function keep(): Promise<void> {
  await saveState(checkpoint, state);
  await saveModel(join(work, "student.onnx"), finished(course.student, state.parameters, derived(seed, 3)));
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

/** Goes through one shard from its step `from` on, as far as there are steps left. */
async function go(
  { view, shard: index }: Portion,
  epoch: number,
  place: number,
  from: number,
): Promise<void> {
  const shard = await teacher.shard(view, picturesOf(view, sources), index);
  const order = derivedOrder(rowsIn(view, picturesOf(view, sources), index), seed, 11, epoch, place);
  const steps = stepsOf({ view, shard: index });
  for (let i = from; i < steps && state.step < total && !stopping; i += apart) {
    const tasks = Array.from({ length: learners.count }, (_, learner): Task => {
      const taken = Array.from({ length: apart }, (_, k) => {
        const step = state.step + 1 + k;
        const first = ((i + k) * learners.count + learner) * batch;
        const rows = order.slice(first, first + batch);
        return { step, rate: rateAt(step), rows, seed: deriveSeed(seed, 13, step, learner) };
      });
      return { shard, steps: taken, parameters: state.parameters, memory: state.memory };
    });
    const { parameters, memory, losses } = await learners.learn(tasks);
    state = { step: state.step + apart, parameters, memory };
    for (const row of losses) {
      for (const [k, value] of row.entries()) {
        if (!Number.isFinite(value))
          throw new Error(`before step ${state.step}: ${lossNames[k]} is ${value}`);
        const name = `${lossNames[k]}/${view.name}`;
        const { sum, count } = sums.get(name) ?? { sum: 0, count: 0 };
        sums.set(name, { sum: sum + value, count: count + 1 });
      }
    }
    if (state.step % 100 === 0) tell(epoch);
  }
}

let passed = 0;
let kept = performance.now();
for (const [epoch, parts] of plan.entries()) {
  for (const [place, portion] of parts.entries()) {
    const steps = stepsOf(portion);
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
learners.close();
console.log(stopping ? `stopped after step ${state.step}; the same command goes on` : "done");
