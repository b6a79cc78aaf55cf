import type { Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import type { Session } from "../../runtime/session.ts";
import { prune } from "../../surgery/cut.ts";
import { addCounts, countBins, type Histogram } from "./histogram.ts";
import { type PlanOptions, planOf } from "./plan.ts";
import { type Range, type RangeRule, rangeOf } from "./range.ts";

/** What a model is fed for one run. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** A model that tells what its values are like. */
export interface Observed {
  /** The values counted, each under the name of the output that tells of it. */
  readonly values: ReadonlyMap<string, string>;
  /** The model with these outputs and no others: a few thousand counts a value, whatever its size. */
  readonly model: Model;
}

/**
 * The model that counts, inside the graph, the numbers of every value that `quantise` needs the range of, whatever it is
 * told to exclude.
 */
export function observed(model: Model, options: Pick<PlanOptions, "until"> = {}): Observed {
  const { grids } = planOf(model, options);
  // Both, for what shares a range with another value has its own where a node between them is excluded later.
  return counting(model, new Set([...grids.keys(), ...grids.values()]));
}

/** The model that counts the numbers of these values. */
export function counting(model: Model, wanted: Iterable<string>): Observed {
  const b = GraphBuilder.from(model);
  const values = new Map<string, string>();
  for (const value of wanted) values.set(value, b.output(countBins(b, value), "float32"));
  const whole = b.model();
  return { values, model: { ...whole, graph: prune(whole.graph) } };
}

/** Histograms by the name of the value. */
export type Histograms = ReadonlyMap<string, Histogram>;

/** Runs an observed model over pictures that are like those it will meet; a hundred are enough. */
export async function observe(
  session: Pick<Session, "run">,
  { values }: Observed,
  pictures: AsyncIterable<Feeds> | Iterable<Feeds>,
): Promise<Histograms> {
  const histograms = new Map<string, Histogram>();
  for await (const feeds of pictures) {
    const answer = await session.run(feeds);
    for (const [value, output] of values)
      histograms.set(value, addCounts(histograms.get(value), answer[output]!));
  }
  return histograms;
}

/** The range of every value that was observed. */
export function rangesOf(histograms: Histograms, rule: RangeRule = "percentile"): ReadonlyMap<string, Range> {
  return new Map([...histograms].map(([value, histogram]) => [value, rangeOf(histogram, rule)]));
}

/** Observes and chooses in one. */
export async function calibrate(
  session: Pick<Session, "run">,
  observing: Observed,
  pictures: AsyncIterable<Feeds> | Iterable<Feeds>,
  rule?: RangeRule,
): Promise<ReadonlyMap<string, Range>> {
  return rangesOf(await observe(session, observing, pictures), rule);
}
