import sharp from "sharp";
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
    const maps: HeatMap[] = [];
    for (const { file, truth, predicted } of answers) {
      signal?.throwIfAborted();
      if (explainer.obstacle !== undefined && maps.length >= mostOccluded) break;
      const sample = known.get(file);
      if (sample === undefined) continue;
      const found = await orSkipped(file, async () => {
        const { bytes, content, hash } = await loadPicture(sample.id, sample.content);
        if (!hash.startsWith(hashes.get(file) ?? "")) return { overlay: undefined };
        const picture: Uint8Array | Pixels = content.kind === "file" ? bytes : { ...content, data: bytes };
        return explainer.explain(picture, { label: labelOf(predicted), side, signal });
      });
      if (!("overlay" in found) || found.overlay === undefined) continue;
      const small = await sharp(found.overlay).webp({ quality: 80, effort: 1 }).toBuffer();
      const uri = `data:image/webp;base64,${small.toString("base64")}`;
      maps.push({ file, truth, predicted, picture: uri });
    }
    return maps;
  } finally {
    await explainer.close();
  }
}
