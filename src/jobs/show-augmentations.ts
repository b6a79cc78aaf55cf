import { basename, dirname, extname, join } from "node:path";
import { formatAugmentation } from "../augment/parse.ts";
import { UsageError } from "../core/errors.ts";
import { groupBy } from "../core/group-by.ts";
import { random } from "../core/random.ts";
import { decode } from "../data/decode-sharp.ts";
import { encodePng } from "../data/encode-sharp.ts";
import type { Sample } from "../data/sample.ts";
import { inferShapes } from "../onnx/infer.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { blocksOf } from "../surgery/blocks.ts";
import { firstTrained, splitAt } from "../surgery/split-at.ts";
import type { Backbone } from "../train/backbone.ts";
import type { NetworkChoices } from "../train/network/fine-tune.ts";
import { type Shown, showViews } from "../train/network/show-views.ts";
import { keptViews, variation } from "../train/network/views.ts";
import { decodePicture, loadPicture, orSkipped, type Sight, sightOf } from "../train/picture.ts";
import { openBase } from "./base-node.ts";
import { basesOf, refuseSeveral } from "./bases.ts";
import { openBoth } from "./open-node.ts";
import { ResultFolder } from "./result-folder-node.ts";
import { defaultOut, type TrainOptions } from "./train.ts";
import { settingsOf } from "./train-settings.ts";

export interface ShowAugmentationsOptions extends TrainOptions {
  /** The PNG file to write. Default: `augmentations.png` in the run's folder. */
  readonly file?: string | undefined;
}

export interface ShownAugmentations {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** A row each, from the top: where they stand in the data. */
  readonly pictures: readonly string[];
  /** Columns beside the first, which shows the pictures as they are. */
  readonly views: number;
  /** The augmentation in words, as --augment takes it. */
  readonly augmentation: string;
}

/** Rows of the sheet, and its columns beside the pictures as they are, at most. */
const [rows, mostViews] = [12, 7];

/**
 * Writes a contact sheet of what the network would see of some pictures in training, and trains nothing: the views that
 * are kept behind the frozen part, or those of the first epochs, seven at most. Pictures that
 * the data itself keeps for validation or test are left out; which others training would hold back is not looked up.
 * Throws UsageError for the strategy "features", which varies nothing, and what opening and decoding throw.
 */
export async function showAugmentations(options: ShowAugmentationsOptions): Promise<ShownAugmentations> {
  const { network, seed } = settingsOf(options);
  if (network === undefined) {
    throw new UsageError(
      {
        what: "The strategy 'features' has no augmentations to show:",
        why: "its network sees each picture once, as it is.",
        next: "Add --strategy finetune, full or scratch.",
      },
      { option: "strategy", value: "features" },
    );
  }
  const [own = {}, ...others] = basesOf(options);
  refuseSeveral([own, ...others], network.strategy);
  const { data, layout, signal, out = defaultOut(data) } = options;
  const file = options.file ?? join(out, "augmentations.png");
  if (extname(file).toLowerCase() !== ".png") {
    throw new UsageError(
      { what: `${file} is no name of a PNG file.`, next: "End it in .png." },
      { option: "showAugmentations", value: file },
    );
  }
  const folder = await ResultFolder.create(dirname(file), data);
  try {
    const runtime = nodeRuntime();
    const { dataset, base } = await openBoth({ data, layout, signal }, () => openBase(own, runtime));
    try {
      const { backbone } = base;
      const inTraining = dataset.samples.filter(({ part }) => part === undefined || part === "train");
      const pictures: Shown[] = [];
      for (const sample of mixedClasses(inTraining, seed)) {
        signal?.throwIfAborted();
        if (pictures.length === rows) break;
        const picture = await orSkipped(sample.id, () => open(sample, sightOf(backbone.preprocess)));
        if (!("reason" in picture)) pictures.push(picture);
      }
      if (pictures.length === 0) throw nothingToShow(data);
      const { augmentation } = network;
      const views = Math.min(mostViews, viewsSeen(backbone, network, inTraining.length));
      const sheet = await showViews({ backbone, augmentation, runtime, decode, seed, views }, pictures);
      await folder.write(basename(file), await encodePng(sheet));
      return {
        file,
        width: sheet.width,
        height: sheet.height,
        pictures: pictures.map(({ sample }) => sample.id),
        views,
        augmentation: formatAugmentation(augmentation),
      };
    } finally {
      await dataset.close();
    }
  } finally {
    await folder.close();
  }
}

/** One of each class, then another of each: every class is to be seen. */
function* mixedClasses(samples: readonly Sample[], seed: number): Generator<Sample> {
  const drawn = random(seed).shuffle([...samples]);
  const queues = [...groupBy(drawn, ({ label }) => label).values()];
  for (let place = 0; place < samples.length; place++) {
    for (const queue of queues) {
      const sample = queue[place];
      if (sample) yield sample;
    }
  }
}

/**
 * How many views of each picture training will show: those kept behind the frozen part, else one an epoch. Counted as
 * if all of these pictures were trained on: how many are held back is only known once they are split.
 */
function viewsSeen(backbone: Backbone, { stages, augmentation }: NetworkChoices, pictures: number): number {
  const model = inferShapes(backbone.model);
  return Math.max(
    ...stages.map((stage) => {
      const parted = splitAt(model, firstTrained(blocksOf(model.graph), stage.unfreeze));
      const { views } = keptViews(stage, parted, { pictures, ...variation(augmentation) });
      return views > 0 ? views : stage.epochs;
    }),
  );
}

/** The picture, once it is known that it can be decoded. */
async function open(sample: Sample, sight: Sight): Promise<Shown> {
  const loaded = await loadPicture(sample.id, sample.content);
  await decodePicture(loaded, sight, decode);
  return { sample, hash: loaded.hash };
}

function nothingToShow(data: string): UsageError {
  return new UsageError(
    {
      what: `No picture of ${data} that is for training can be read.`,
      next: "Look at it with tsugiki inspect.",
    },
    { option: "data", value: data },
  );
}
