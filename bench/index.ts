/**
 * `npm run bench`: one JSON line a figure, {"name","value","unit","against"}. Every figure is a ratio against a
 * reference measured in the same run, in turn with it, for machines are shared and noisy: the median of the rounds
 * counts. Needs ../shared; says so and ends without it.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { epochTimes } from "./epochs.ts";
import { extraction } from "./extraction.ts";
import { memory } from "./memory.ts";
import { tiles } from "./tiles.ts";
import { training } from "./training.ts";
import { trainingMemory } from "./training-memory.ts";
import { warmRun } from "./warm-run.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is measured against, or what it has to hold. */
  readonly against: string;
}

const assets = fileURLToPath(new URL("../../shared/assets/", import.meta.url));
if (!existsSync(assets)) {
  console.error(`The benchmarks need the models and pictures in ${assets}, which is not there.`);
  process.exit(1);
}
const wanted = process.argv.slice(2);
// Memory first: a process begins with the peak of the one that started it.
const benches = { memory, trainingMemory, warmRun, extraction, training, tiles, epochTimes };
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for await (const figure of bench(assets)) console.log(JSON.stringify(figure));
}
