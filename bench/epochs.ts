import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { Figure } from "./index.ts";

const { train } = (await import(
  new URL("../dist/index.js", import.meta.url).href
)) as typeof import("../src/index.ts");

const epochs = 4;

/** Milliseconds from the first update of an epoch to its last: of the first, and the least of the others. */
interface EpochTimes {
  readonly first: number;
  readonly least: number;
}

interface Place {
  readonly base: string;
  readonly data: string;
  readonly folder: string;
}

async function timesOf({ base, data, folder }: Place, views: number): Promise<EpochTimes> {
  let started = 0;
  const times: number[] = [];
  const run = train({
    data,
    base,
    preprocess: "imagenet",
    out: join(folder, `run-${views}`),
    cache: join(folder, "cache"),
    report: false,
    strategy: "finetune",
    unfreeze: String(1 / 3),
    epochs,
    views,
  });
  for await (const event of run) {
    if (event.type !== "step") continue;
    if (event.step === 1) started = performance.now();
    else if (event.step === event.steps) times.push(performance.now() - started);
  }
  const [first, ...others] = times;
  if (first === undefined) throw new Error("Training the base had no epoch.");
  return { first, least: Math.min(...others) };
}

/**
 * An epoch of `--strategy finetune` on the top third, on kept views against running the frozen part each time. The first
 * epoch without views decodes the pictures as well, as every one does of more than memory holds (1.5 GiB of squares).
 */
export async function* epochTimes(assets: string): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
  const base = join(assets, "models/mobilenet_v2_1.0_224_features.onnx");
  const dishes = join(assets, "data/pizza-steak-sushi");
  const figure = (time: number, kept: number, words: string): Figure => ({
    name: "an epoch of `--strategy finetune` on the top third of MobileNet v2 at 224, pictures augmented, on kept views",
    value: Number((time / kept).toFixed(2)),
    unit: "times faster",
    against: `the same with --views 0: ${words}`,
  });
  try {
    const place = { base, data: dishes, folder: join(folder, "pictures") };
    const without = await timesOf(place, 0);
    const { least: kept } = await timesOf(place, 1);
    yield figure(without.least, kept, "each epoch augments decoded pictures anew and runs the frozen part");
    yield figure(without.first, kept, "its first epoch, which decodes its pictures of up to 512 px as well");

    const large = { base, data: join(folder, "photos"), folder: join(folder, "large") };
    await writePhotos(dishes, large.data);
    const { first } = await timesOf(large, 0);
    const { least } = await timesOf(large, 1);
    yield figure(first, least, "its first epoch, which decodes photos of 12 megapixels, 3 MB each");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Some of the pictures as a phone's camera writes them: 4032 x 3024 with grain, which is what fills their files. */
async function writePhotos(from: string, to: string): Promise<void> {
  const noise = { type: "gaussian", mean: 128, sigma: 14 } as const;
  const size = { width: 4032, height: 3024 };
  const grain = sharp({ create: { ...size, channels: 3, background: "#808080", noise } });
  const input = await grain.png({ compressionLevel: 0 }).toBuffer();
  for (const [part, count] of [
    ["train", 64],
    ["test", 5],
  ] as const) {
    for (const name of readdirSync(join(from, part))) {
      mkdirSync(join(to, part, name), { recursive: true });
      for (const file of readdirSync(join(from, part, name)).slice(0, count)) {
        const photo = sharp(join(from, part, name, file)).resize({ ...size, fit: "cover" });
        const grained = photo.composite([{ input, blend: "overlay" }]);
        await grained.jpeg({ quality: 90 }).toFile(join(to, part, name, file));
      }
    }
  }
}
