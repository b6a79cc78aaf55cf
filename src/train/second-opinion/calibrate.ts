import { assert } from "../../core/assert.ts";
import { float32, floats } from "../../core/tensor.ts";
import { type CalibrationError, calibrationError } from "../../evaluate/calibration/calibration-error.ts";
import { fitLabelTemperature } from "../../evaluate/calibration/label-temperature.ts";
import { answersTo } from "../../evaluate/calibration/reliability.ts";
import type { FittedTemperature } from "../../evaluate/calibration/scale-fit.ts";
import { fitTemperature } from "../../evaluate/calibration/temperature.ts";
import { softmax } from "../../evaluate/numerics/softmax.ts";
import type { Interval } from "../../evaluate/wilson.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime } from "../../runtime/session.ts";
import { answersFor, type FeatureSet } from "../features.ts";

/** Why a temperature is what it is; all but "fitted" leave it at 1. */
export type CalibrationVerdict =
  | "fitted"
  /** The interval of the best temperature holds 1: the probabilities are honest as far as can be seen. */
  | "honest already"
  | "too few validation pictures"
  | "no validation part"
  | "turned off";

export interface BeforeAfter {
  readonly before: CalibrationError;
  readonly after: CalibrationError;
}

/** How sure the head may say it is. Plain numbers, for records. */
export interface Calibration {
  /** What logits are divided by; the head's last layer has it in its weights. */
  readonly temperature: number;
  readonly verdict: CalibrationVerdict;
  /** 95 % interval of the best temperature; null where none was looked for. */
  readonly interval: Interval | null;
  /** Calibration error of each part, before and after; the validation part's own flatters, for T was fitted there. */
  readonly val: BeforeAfter | null;
  readonly test: BeforeAfter | null;
}

/** Under so many validation pictures a temperature would be a guess. */
export const leastForTemperature = 30;

/** Enough for an interval's two digits; a thousand would take a tenth of a second. */
const draws = 200;

/** A part's logits, rows x classes, with what is true of its rows. */
export interface LogitSet extends Pick<FeatureSet, "rows" | "labels" | "targets"> {
  readonly logits: Float32Array;
  readonly classes: number;
}

/** The temperature of the validation part's logits, and what it does to the calibration of both parts. */
export function calibrate(val: LogitSet, test: LogitSet, isWanted: boolean): Calibration {
  const { verdict, fitted } = temperatureOf(val, isWanted);
  const temperature = verdict === "fitted" && fitted ? fitted.temperature : 1;
  const errorOf = (set: LogitSet): BeforeAfter | null => {
    if (set.rows === 0) return null;
    const error = (by: number): CalibrationError =>
      calibrationError(answersTo(set, probabilitiesOf(set, by), set.classes), { draws });
    const before = error(1);
    return { before, after: temperature === 1 ? before : error(temperature) };
  };
  return {
    temperature,
    verdict,
    interval: fitted ? [fitted.interval[0], fitted.interval[1]] : null,
    val: errorOf(val),
    test: errorOf(test),
  };
}

function temperatureOf(
  val: LogitSet,
  isWanted: boolean,
): { readonly verdict: CalibrationVerdict; readonly fitted?: FittedTemperature } {
  if (!isWanted) return { verdict: "turned off" };
  if (val.rows === 0) return { verdict: "no validation part" };
  if (val.rows < leastForTemperature) return { verdict: "too few validation pictures" };
  const { targets } = val;
  const fitted = targets ? fitLabelTemperature({ ...val, targets }) : fitTemperature(val);
  const [low, high] = fitted.interval;
  return { verdict: low <= 1 && 1 <= high ? "honest already" : "fitted", fitted };
}

/** softmax(z / T), or, of several labels at once, sigmoid(z / T). */
export function probabilitiesOf({ logits, classes, targets }: LogitSet, temperature: number): Float32Array {
  if (targets === undefined) return softmax(logits, classes, temperature);
  return logits.map((logit) => 1 / (1 + Math.exp(-logit / temperature)));
}

/** A head's logits for the rows of each set. */
export async function logitsOf(
  head: Model,
  sets: readonly FeatureSet[],
  classes: number,
  runtime: Runtime,
): Promise<LogitSet[]> {
  const session = await runtime.load(writeModel(head));
  try {
    const found: LogitSet[] = [];
    for (const set of sets) {
      const { rows, labels, targets } = set;
      const logits = await answersFor(session, "logits", classes, set);
      found.push({ rows, labels, logits, classes, ...(targets && { targets }) });
    }
    return found;
  } finally {
    await session.release();
  }
}

/**
 * The head whose logits are those of `head` divided by T: (x·W + b)/T = x·(W/T) + b/T. Folded into the last layer, where it
 * costs nothing at run time and no runtime or converter meets an operator more.
 */
export function dividedBy(temperature: number, head: Model): Model {
  if (temperature === 1) return head;
  const initializers = new Map(head.graph.initializers);
  for (const name of lastParameters(head)) {
    const tensor = initializers.get(name);
    assert(tensor, `the head has no '${name}'`);
    const scaled = floats(tensor).map((value) => value / temperature);
    initializers.set(name, float32(scaled, tensor.shape));
  }
  return { ...head, graph: { ...head.graph, initializers } };
}

/** Weight and bias of the Gemm that makes the logits. */
function lastParameters({ graph }: Model): readonly string[] {
  const makerOf = (name: string) => graph.nodes.find(({ outputs }) => outputs.includes(name));
  let node = makerOf("logits");
  while (node?.opType === "Identity") node = makerOf(node.inputs[0] ?? "");
  assert(node?.opType === "Gemm", "a head ends in a Gemm");
  return node.inputs.slice(1);
}
