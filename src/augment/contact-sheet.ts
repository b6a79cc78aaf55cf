import { floats, type Tensor } from "../core/tensor.ts";
import { affine, type Preprocess, preprocessedOutput } from "../surgery/preprocess.ts";
import { drawBatch, drawFeeds } from "./batch.ts";
import { augmentInputs } from "./graph.ts";
import { type AugmentationSpec, mixes } from "./spec.ts";

export interface ContactSheetOptions {
  readonly spec: AugmentationSpec;
  /** As handed to `augmentGraph`. */
  readonly preprocess: Omit<Preprocess, "fit">;
  /** uint8 [N, R, R, 3]: a row each. */
  readonly pictures: Tensor;
  /** Runs the `augmentGraph` of this preprocessing, mixing where the specification asks for it. */
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>;
  readonly seed: number;
  /** What stands for each picture in the draws; left out, its row. */
  readonly indices?: readonly number[] | undefined;
  /** Views beside the original. */
  readonly views: number;
}

/** 8-bit RGB, row by row from the top left. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Pixels of white between the pictures. */
const gap = 2;

/**
 * What the network sees: a row for each picture, the unchanged one first, then its views of the first epochs, turned
 * from normalised numbers back to bytes.
 */
export async function contactSheet(options: ContactSheetOptions): Promise<Sheet> {
  const { spec, preprocess, pictures, run, seed, views } = options;
  const { size } = preprocess;
  const [rows = 0] = pictures.shape;
  const { indices = Array.from({ length: rows }, (_, i) => i) } = options;
  const width = (views + 1) * (size + gap) - gap;
  const height = rows * (size + gap) - gap;
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let column = 0; column <= views; column++) {
    const draws = drawBatch(column === 0 ? {} : spec, { seed, epoch: column, size, indices });
    const feeds = { [augmentInputs.pixels]: pictures, ...drawFeeds(draws, mixes(spec)) };
    const { [preprocessedOutput]: seen } = await run(feeds);
    if (seen === undefined) continue;
    const bytes = toBytes(seen, preprocess);
    for (let row = 0; row < rows * size; row++) {
      const line = bytes.subarray(row * size * 3, (row + 1) * size * 3);
      const top = row + Math.floor(row / size) * gap;
      data.set(line, (top * width + column * (size + gap)) * 3);
    }
  }
  return { width, height, data };
}

/** Normalised float32 [N, 3, S, S] or [N, S, S, 3] back to RGB bytes, [N, S, S, 3]. */
export function toBytes(tensor: Tensor, preprocess: Omit<Preprocess, "fit">): Uint8ClampedArray {
  const { size, layout, channels } = preprocess;
  const { weight, bias } = affine(preprocess);
  const values = floats(tensor);
  const area = size * size;
  // Uint8ClampedArray rounds.
  const bytes = new Uint8ClampedArray(values.length);
  for (let at = 0; at < values.length / 3; at++) {
    const [picture, pixel] = [Math.floor(at / area), at % area];
    for (let c = 0; c < 3; c++) {
      const from = layout === "nhwc" ? 3 * at + c : (3 * picture + c) * area + pixel;
      const byte = ((values[from] ?? 0) - (bias[c] ?? 0)) / (weight[c] ?? 1);
      bytes[3 * at + (channels === "rgb" ? c : 2 - c)] = byte;
    }
  }
  return bytes;
}
