import { type Rejection, rejection, rejectionThreshold } from "../../evaluate/unknown/rejection.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime } from "../../runtime/session.ts";
import { answersFor, type FeatureSet, rowsOf } from "../features.ts";
import { fitCompactNeighbours } from "./compact-neighbours.ts";
import { enoughKnown, evenRows } from "./even-rows.ts";
import { strangenessGraph } from "./strangeness-graph.ts";

/** "None of these": pictures stranger than nearly all known ones. Plain numbers, for records. */
export interface Strangers {
  /** Above it a picture is turned away; null where the validation part is too small to say (or there is none). */
  readonly threshold: number | null;
  /** Share of pictures of the classes that may be turned away wrongly, as asked for. */
  readonly falseRejections: number;
  /** Validation pictures behind the threshold, and the least that it takes. */
  readonly rows: number;
  readonly needed: number;
  /** Test pictures turned away, each of them wrongly; null without a test part or a threshold. */
  readonly test: Rejection | null;
  /** Declared outliers turned away, each of them rightly; null where none were declared. They chose nothing. */
  readonly outliers: Rejection | null;
}

/** Feature sets of the parts, and of pictures that are none of the classes. */
export interface OpinionSets {
  readonly train: FeatureSet;
  readonly val: FeatureSet;
  readonly test: FeatureSet;
  readonly outliers?: FeatureSet | undefined;
}

/** What is found, and the graph that goes behind the artefact's feature vector. */
export interface FoundStrangers {
  readonly strangers: Strangers;
  readonly graph: Model | undefined;
}

/** Keeps what is known of training rows, and finds on validation rows the threshold above which a picture is none of it. */
export async function findStrangers(
  { train, val, test, outliers }: OpinionSets,
  classes: number,
  falseRejections: number,
  runtime: Runtime,
): Promise<FoundStrangers> {
  // Several labels at once make no groups that exclude each other: there all known pictures are one.
  const of = train.targets ? new Int32Array(train.rows) : train.labels;
  const kinds = train.targets ? 1 : classes;
  const rows = evenRows(of, kinds, enoughKnown);
  const { needed } = rejectionThreshold(new Float64Array(), falseRejections);
  const nothing = { threshold: null, falseRejections, rows: val.rows, needed, test: null, outliers: null };
  if (val.rows < needed) return { strangers: nothing, graph: undefined };
  const known = await fitCompactNeighbours(rowsOf(train, rows), kinds, runtime);
  if (known === undefined) return { strangers: nothing, graph: undefined };

  const session = await runtime.load(writeModel(strangenessGraph(known)));
  const strangenessOf = async (set: FeatureSet): Promise<Float64Array> =>
    Float64Array.from(await answersFor(session, "strangeness", 1, set));
  try {
    const { threshold } = rejectionThreshold(await strangenessOf(val), falseRejections);
    const turnedAway = async (set: FeatureSet | undefined): Promise<Rejection | null> =>
      set === undefined || set.rows === 0 ? null : rejection(await strangenessOf(set), threshold);
    const [held, foreign] = [await turnedAway(test), await turnedAway(outliers)];
    return {
      strangers: { ...nothing, threshold, test: held, outliers: foreign },
      graph: strangenessGraph(known, threshold),
    };
  } finally {
    await session.release();
  }
}
