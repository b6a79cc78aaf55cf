import { expect } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";

/** What a loss is given: the names of logits and targets [N, width]. */
export interface LossInputs {
  readonly logits: string;
  readonly targets: string;
}

export type Rows = readonly (readonly number[])[];

/** Each row's loss, and the gradient of the rows' mean by the logits, from onnxruntime. */
export async function runLoss(
  logits: Rows,
  targets: Rows,
  write: (builder: GraphBuilder, inputs: LossInputs) => string,
): Promise<{ readonly rows: readonly number[]; readonly gradient: readonly number[] }> {
  const b = new GraphBuilder({ opset: 18 });
  const shape = [logits.length, logits[0]!.length];
  const z = b.initializer("z", float32(logits.flat(), shape));
  const rows = write(b, { logits: z, targets: b.initializer("t", float32(targets.flat(), shape)) });
  b.op("ReduceMean", [rows], { keepdims: 0 }, { outputs: ["loss"] });
  b.output(rows, "float32", [logits.length]);
  const { model, gradients } = backward(b.model(), "loss", ["z"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  return { rows: [...floats(answer[rows]!)], gradient: [...floats(answer[gradients.get("z")!]!)] };
}

/** The same in double precision: rows by a plain formula of one row, the gradient by central differences. */
export function reference(
  logits: Rows,
  targets: Rows,
  row: (z: readonly number[], t: readonly number[]) => number,
) {
  const rows = logits.map((z, i) => row(z, targets[i]!));
  const step = 1e-5;
  const moved = (i: number, j: number, by: number): number =>
    row(logits[i]!.with(j, logits[i]![j]! + by), targets[i]!);
  const gradient = logits.flatMap((z, i) =>
    z.map((_, j) => (moved(i, j, step) - moved(i, j, -step)) / (2 * step) / logits.length),
  );
  return { rows, gradient };
}

/** Fails unless |actual - expected| ≤ tolerance·max(1, |expected|) everywhere. */
export function close(
  actual: readonly number[],
  expected: readonly number[],
  what = "",
  tolerance = 2e-6,
): void {
  expect(actual.length, what).toBe(expected.length);
  for (const [i, value] of actual.entries()) {
    const allowed = tolerance * Math.max(1, Math.abs(expected[i]!));
    const error = Math.abs(value - expected[i]!);
    expect(error <= allowed, `${what} at ${i}: ${value}, expected ${expected[i]}`).toBe(true);
  }
}

/** Normal logits of this spread; `exclusive` targets are one-hot, others 0 or 1 each; `soft` ones lie between. */
export function drawRows(seed: number, count: number, width: number, spread: number) {
  const rng = random(seed);
  const grid = (draw: () => number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: width }, draw));
  const labels = Array.from({ length: count }, () => rng.int(width));
  return {
    logits: grid(() => spread * rng.normal()),
    exclusive: labels.map((label) => Array.from({ length: width }, (_, j) => (j === label ? 1 : 0))),
    several: grid(() => rng.int(2)),
    soft: grid(() => rng.next()),
  };
}
