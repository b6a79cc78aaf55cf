import { reason, UsageError } from "../../core/errors.ts";
import { derivedOrder } from "../../core/random.ts";
import { decode } from "../../data/decode-sharp.ts";
import { labellingOf, truthOf } from "../../data/labelling.ts";
import { openDataset } from "../../data/open.ts";
import type { Dataset, Part, Pixels, Sample } from "../../data/sample.ts";
import { layouts } from "../../data/sources/table.ts";
import type { ClassifierRecord } from "../../export/classifier.ts";
import { decodePicture, loadPicture, orSkipped, sightOf } from "../../train/picture.ts";
import type { ReadRun } from "../report/compare.ts";

/** Pictures of the run that exports are compared on, and those that an int8 network takes its ranges from. */
export interface RunPictures {
  /** Validation pictures; test and, where those are too few, training pictures behind them. */
  readonly compared: readonly Sample[];
  /** Of `compared`, how many are of each part. */
  readonly parts: Readonly<Record<Part, number>>;
  readonly calibrated: readonly Sample[];
  /** The truth of `compared`: class numbers, or, of several labels, rows of 0 and 1. */
  readonly truth: ReturnType<typeof truthOf>;
  read(sample: Sample): Promise<Pixels | undefined>;
  close(): Promise<void>;
}

/** An export is compared on so many pictures where the run has them, and on no more than `most`. */
const [least, most] = [200, 500];
/** Training pictures that ranges are taken from. */
const calibrating = 128;

/**
 * Opens the data that a run was trained on, or the same data at `data`, and chooses pictures by the run's record; pictures
 * that changed since are passed over. Throws UsageError where none is found.
 */
export async function openPictures(
  { record: own }: ReadRun,
  record: ClassifierRecord,
  { data, signal }: { readonly data?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<RunPictures> {
  const path = data ?? own.data.path;
  const layout = layouts.some(({ name }) => name === own.data.layout) ? own.data.layout : undefined;
  const dataset = await openDataset(path, { ...(layout && { layout }), ...(signal && { signal }) }).catch(
    (error: unknown) => {
      throw new UsageError(
        {
          what: `The run's pictures are not where they were: ${reason(error)}`,
          why: "Exports are compared with the trained model on its validation pictures before they are handed over.",
          next: "Name the folder in which they are now: --data FOLDER.",
        },
        { option: "data", value: path },
      );
    },
  );
  const sight = sightOf(record.preprocess);
  const groups = grouped(dataset, own.partOf);
  const behind = [...groups.val, ...groups.test, ...groups.train];
  const compared = behind.slice(0, Math.min(most, Math.max(groups.val.length, least)));
  if (compared.length === 0) {
    await dataset.close();
    throw new UsageError(
      {
        what: `None of the pictures in ${path} is known to the run.`,
        why: "Its record names each picture that it was trained and validated on.",
        next: "Name the folder that it was trained on: --data FOLDER.",
      },
      { option: "data", value: path },
    );
  }
  const count = (part: Part): number => compared.filter(({ id }) => own.partOf.get(id) === part).length;
  return {
    compared,
    parts: { train: count("train"), val: count("val"), test: count("test") },
    calibrated: groups.train.slice(0, calibrating),
    truth: truthOf(compared, labellingOf({ classes: record.labels, multiLabel: own.multiLabel })),
    async read({ id, content }) {
      const outcome = await orSkipped(id, async () => {
        const picture = await loadPicture(id, content);
        if (!picture.hash.startsWith(own.hashes.get(id) ?? "?")) return { pixels: undefined };
        return { pixels: await decodePicture(picture, sight, decode) };
      });
      return "pixels" in outcome ? outcome.pixels : undefined;
    },
    close: () => dataset.close(),
  };
}

/** The run's pictures by their part, each part in an order of its own that has nothing to do with classes. */
function grouped(
  dataset: Dataset,
  partOf: ReadonlyMap<string, Part>,
): Readonly<Record<Part, readonly Sample[]>> {
  const of = (part: Part): Sample[] => {
    const all = dataset.samples.filter(({ id }) => partOf.get(id) === part);
    return Array.from(derivedOrder(all.length, 1, all.length), (i) => all[i]!);
  };
  return { train: of("train"), val: of("val"), test: of("test") };
}
