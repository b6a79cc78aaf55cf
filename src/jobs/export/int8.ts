import { floats, uint8 } from "../../core/tensor.ts";
import { probabilitiesOutput } from "../../export/classifier.ts";
import { parityOf } from "../../export/parity.ts";
import { calibrate, type Feeds, observed } from "../../export/quantise/calibrate.ts";
import { quantise } from "../../export/quantise/quantise.ts";
import { type Sensitivity, sensitivity } from "../../export/quantise/sensitivity.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { Session } from "../../runtime/session.ts";
import { pixelsInput } from "../../surgery/preprocess.ts";
import type { Trained } from "./formats.ts";
import { oneThread } from "./runner.ts";

/** Layers that go back to float at a time, and how often at most. */
const [atATime, rounds] = [3, 4];

/** What is tried until enough pictures are answered as the trained model answers them. */
interface Attempts<T> {
  readonly least: number;
  /** With these layers in float. */
  make(keptInFloat: ReadonlySet<string>): T;
  agreement(made: T): Promise<number>;
  /** All layers, the one that 8 bits hurt most first. */
  worst(): Promise<readonly { readonly node: string }[]>;
}

/** Puts the layers that suffer most back to float, a few at a time, until the least agreement is reached. */
export async function settled<T>({ least, make, agreement, worst }: Attempts<T>) {
  let keptInFloat: readonly string[] = [];
  for (let round = 0; ; round++) {
    const made = make(new Set(keptInFloat));
    if (round === rounds || (await agreement(made)) >= least) return { made, keptInFloat };
    keptInFloat = (await worst()).slice(0, (round + 1) * atATime).map(({ node }) => node);
  }
}

/** Pictures by which layers are told apart: four tell the worst from the rest. */
export const telling = 4;

/** The classifier in 8 bits, and which of its layers were kept in float. */
export interface Quantised {
  readonly model: Model;
  readonly keptInFloat: readonly string[];
  /** The layers that 8 bits hurt most, the worst first. */
  worst(): Promise<readonly Sensitivity[]>;
}

const load = (model: Model): Promise<Session> => nodeRuntime().load(writeModel(model), oneThread);

/**
 * The classifier in 8 bits by ranges taken from training pictures. Where it says something else on more of these than
 * `least` allows, the layers that suffer most go back to float; the validation pictures are left for the comparison.
 */
export async function quantised({ model, record, calibration }: Trained, least: number): Promise<Quantised> {
  const pictures: Feeds[] = [];
  for await (const { width, height, data } of calibration())
    pictures.push({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
  const answers = async (each: Model): Promise<Float32Array> => {
    const session = await load(each);
    try {
      const rows: number[] = [];
      for (const feeds of pictures)
        rows.push(...floats((await session.run(feeds, [probabilitiesOutput]))[probabilitiesOutput]!));
      return Float32Array.from(rows);
    } finally {
      await session.release();
    }
  };
  const counting = observed(model);
  const session = await load(counting.model);
  const ranges = await calibrate(session, counting, pictures).finally(() => session.release());
  const about = { classes: record.labels.length, multiLabel: record.task === "multi-label" };
  const trained = await answers(model);
  let ranking: Promise<readonly Sensitivity[]> | undefined;
  const worst = (): Promise<readonly Sensitivity[]> =>
    (ranking ??= sensitivity(model, ranges, { load, pictures: pictures.slice(0, telling) }));
  const { made, keptInFloat } = await settled({
    least,
    make: (exclude) => quantise(model, ranges, { exclude }),
    agreement: async (rounded) => parityOf({ trained, exported: await answers(rounded), ...about }).agreement,
    worst,
  });
  return { model: made, keptInFloat, worst };
}
