import sharp from "sharp";
import { mapConcurrent } from "../../core/async.ts";
import type { Dataset, Pixels } from "../../data/sample.ts";
import type { HeatMap, ReportAnswer } from "../../report/data.ts";
import { loadPicture, orSkipped } from "../../train/picture.ts";
import { Explainer } from "../explainer-node.ts";

/** The longer side of a heat map in a report, in pixels. */
const side = 224;

/** Occlusion asks the network some eighty times a picture: of so many only. */
const mostOccluded = 2;

export interface HeatMapOptions {
  /** A run's folder. */
  readonly run: string;
  /** Whose pictures are explained, the most telling first. */
  readonly answers: readonly ReportAnswer[];
  /** First digits of each picture's sha256: a picture that differs was never measured. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/** Where the classifier looked for what it answered; pictures that cannot be found again are left out. */
export async function makeHeatMaps(
  { samples }: Pick<Dataset, "samples">,
  { run, answers, hashes, signal }: HeatMapOptions,
): Promise<HeatMap[]> {
  if (answers.length === 0) return [];
  const known = new Map(samples.map((sample) => [sample.id, sample]));
  const explainer = await Explainer.load(run);
  try {
    // Of several labels at once the answer is a list: then the surest of them is explained.
    const labelOf = (answer: string): string | undefined =>
      explainer.record.labels.includes(answer) ? answer : undefined;
    // While the engine looks at one picture, another is decoded or drawn; none is begun that would be one too many.
    const [wanted, lanes] = explainer.obstacle === undefined ? [answers.length, 2] : [mostOccluded, 1];
    let made = 0;
    const one = async ({ file, truth, predicted }: ReportAnswer): Promise<HeatMap | undefined> => {
      signal?.throwIfAborted();
      if (made >= wanted) return undefined;
      const sample = known.get(file);
      if (sample === undefined) return undefined;
      const found = await orSkipped(file, async () => {
        const { bytes, content, hash } = await loadPicture(sample.id, sample.content);
        if (!hash.startsWith(hashes.get(file) ?? "")) return { overlay: undefined };
        const picture: Uint8Array | Pixels = content.kind === "file" ? bytes : { ...content, data: bytes };
        return explainer.explain(picture, { label: labelOf(predicted), side, signal });
      });
      if (!("overlay" in found) || found.overlay === undefined) return undefined;
      const small = await sharp(found.overlay).webp({ quality: 80, effort: 1 }).toBuffer();
      made++;
      return { file, truth, predicted, picture: `data:image/webp;base64,${small.toString("base64")}` };
    };
    const maps: HeatMap[] = [];
    for await (const map of mapConcurrent(answers, lanes, one)) if (map !== undefined) maps.push(map);
    return maps;
  } finally {
    await explainer.close();
  }
}
