import sharp from "sharp";
import { mapConcurrent } from "../../core/async.ts";
import { decoderName } from "../../data/decode-sharp.ts";
import type { Dataset, Pixels, Sample } from "../../data/sample.ts";
import type { HeatMap, ReportAnswer } from "../../report/data.ts";
import type { OpenStore } from "../../train/extract.ts";
import { loadPicture, orSkipped } from "../../train/picture.ts";
import { Explainer } from "../explainer-node.ts";
import { modelHash } from "./exports-node.ts";
import { KeptPictures, webpUri } from "./kept-pictures.ts";

/** The longer side of a heat map in a report, in pixels. */
const side = 224;

/** Raise it when heat maps are drawn otherwise. */
const version = 1;

/** Bytes of a kept heat map and its length at most; most have a third of it, and the few larger ones are drawn each time. */
const rowBytes = 32_768;

/** Occlusion asks the network some eighty times a picture: of so many only. */
const mostOccluded = 2;

export interface HeatMapOptions {
  /** A run's folder. */
  readonly run: string;
  /** Whose pictures are explained, the most telling first. */
  readonly answers: readonly ReportAnswer[];
  /** First digits of each picture's sha256: a picture that differs was never measured. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Where heat maps are kept, so that the next report of this very model need not draw them anew; left out, they are not. */
  readonly openStore?: OpenStore | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer, and its picture as it was measured. */
interface Answered {
  readonly answer: ReportAnswer;
  readonly hash: string;
  readonly picture: Uint8Array | Pixels;
}

/** Where the classifier looked for what it answered; pictures that cannot be found again are left out. */
export async function makeHeatMaps(
  { samples }: Pick<Dataset, "samples">,
  { run, answers, hashes, openStore, signal }: HeatMapOptions,
): Promise<HeatMap[]> {
  if (answers.length === 0) return [];
  const known = new Map(samples.map((sample) => [sample.id, sample]));
  const found: Answered[] = [];
  for (const answer of answers) {
    const sample = known.get(answer.file);
    const one = sample && (await measured(answer, sample, hashes.get(answer.file)));
    if (one) found.push(one);
  }
  const how = `${version} ${side} ${await modelHash(run)} ${decoderName}`;
  const store = await KeptPictures.open(openStore, "heat-maps", how, rowBytes);
  try {
    const kept = found.map(({ hash }) => store.get(hash));
    const pictures = kept.includes(undefined) ? await draw(found, run, store, signal) : kept;
    return found.flatMap(({ answer: { file, truth, predicted } }, i) => {
      const picture = pictures[i];
      return picture ? { file, truth, predicted, picture: webpUri(picture) } : [];
    });
  } finally {
    store.close();
  }
}

/** Undefined where the picture cannot be read, or is another one now. */
async function measured(
  answer: ReportAnswer,
  { id, content }: Sample,
  start = "",
): Promise<Answered | undefined> {
  const loaded = await orSkipped(id, () => loadPicture(id, content));
  if ("reason" in loaded || !loaded.hash.startsWith(start)) return undefined;
  const { bytes, hash } = loaded;
  return { answer, hash, picture: content.kind === "file" ? bytes : { ...content, data: bytes } };
}

/** Heat maps in the order of the answers, undefined where there is none. */
async function draw(
  all: readonly Answered[],
  run: string,
  store: KeptPictures,
  signal: AbortSignal | undefined,
): Promise<(Uint8Array | undefined)[]> {
  const explainer = await Explainer.load(run);
  try {
    // Of several labels at once the answer is a list: then the surest of them is explained.
    const labelOf = (answer: string): string | undefined =>
      explainer.record.labels.includes(answer) ? answer : undefined;
    // While the engine looks at one picture, another is decoded or drawn; none is begun that would be one too many.
    const [wanted, lanes] = explainer.obstacle === undefined ? [all.length, 2] : [mostOccluded, 1];
    let made = 0;
    const one = async ({ answer, hash, picture }: Answered): Promise<Uint8Array | undefined> => {
      signal?.throwIfAborted();
      if (made >= wanted) return undefined;
      const kept = store.get(hash);
      if (kept !== undefined) {
        made++;
        return kept;
      }
      const found = await orSkipped(answer.file, () =>
        explainer.explain(picture, { label: labelOf(answer.predicted), side, signal }),
      );
      if ("reason" in found) return undefined;
      const small = await sharp(found.overlay).webp({ quality: 80, effort: 1 }).toBuffer();
      made++;
      store.put(hash, small);
      return small;
    };
    const maps: (Uint8Array | undefined)[] = [];
    for await (const map of mapConcurrent(all, lanes, one)) maps.push(map);
    return maps;
  } finally {
    await explainer.close();
  }
}
