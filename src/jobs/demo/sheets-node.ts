import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { percentage } from "../../core/words.ts";
import type { Vendor } from "../../demo/emoji-node.ts";
import { gestures } from "../../demo/emoji-sets.ts";
import { type Answer, gridPng } from "../../demo/grid-sharp.ts";
import type { Planned } from "../../demo/plan.ts";
import { sampleAnswers } from "../../demo/sample-answers.ts";
import { vendorsPng } from "../../demo/vendors-sharp.ts";
import type { DemoFigure } from "./demo.ts";

/** Pictures of a vendor on the sheet; tiles of the grid: five rows of eight. */
const [shown, tiles] = [8, 40];

const uses = { train: "to train on", val: "to choose by", test: "to test on, never seen" } as const;

/** The sheet of what was drawn, as a PNG: a row a vendor, its gestures in turn. */
export async function vendorSheet(
  folder: string,
  vendors: readonly Vendor[],
  plan: readonly Planned[],
): Promise<Uint8Array> {
  const rows = vendors.map((vendor) => {
    const own = plan.filter((planned) => planned.vendor === vendor);
    const inTurn = Array.from({ length: own.length }, (_, i) => {
      const gesture = gestures[i % gestures.length];
      return own.filter(({ drawing }) => drawing.gesture === gesture)[Math.floor(i / gestures.length)];
    });
    const pictures = inTurn.flatMap((planned) => (planned ? [join(folder, planned.file)] : []));
    const { title, author, licence, set } = vendor;
    const notes = [author.name, licence.title];
    return { title, use: uses[set.part], notes, pictures: pictures.slice(0, shown) };
  });
  return vendorsPng("Rock, paper, scissors, drawn by five vendors", rows);
}

export interface GridFigures {
  readonly before: DemoFigure;
  readonly after: DemoFigure;
  readonly seed: number;
}

/** The grid of test pictures with what was said of them, as a PNG. */
export async function answerGrid(
  answers: readonly Answer[],
  { title, author, licence }: Vendor,
  { before, after, seed }: GridFigures,
): Promise<Uint8Array> {
  const sample = sampleAnswers(answers, tiles, seed);
  const [low, high] = after.interval.map((share) => percentage(share));
  const right = `${Math.round(after.accuracy * after.n)} of ${after.n} right`;
  const notes = [
    `${right} (95 % interval ${low} to ${high}); before fine-tuning ${percentage(before.accuracy)}. Hands: ${title}, ${author.name}, ${licence.title}`,
    sample.length < answers.length
      ? `${sample.length} of the ${answers.length}, drawn by chance with mistakes in their true share: a tick is right, a cross is wrong`
      : "All of them: a tick is right, a cross is wrong",
  ];
  const heading = `${percentage(after.accuracy)} right on the hands of a vendor that it never saw`;
  return gridPng(sample, { heading, notes });
}

/** What a run's predictions.csv says of each test picture. */
export async function readAnswers(run: string, folder: string): Promise<readonly Answer[]> {
  const rows: Record<string, string>[] = parse(await readFile(join(run, "predictions.csv")), {
    columns: true,
  });
  return rows.map(({ file = "", predicted = "", label = "", probability }) => {
    return { file: join(folder, file), predicted, label, probability: Number(probability) };
  });
}
