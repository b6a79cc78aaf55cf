import { assert } from "../core/assert.ts";
import { listOf } from "../core/list.ts";
import { derived } from "../core/random.ts";
import { float32, int64, type Tensor } from "../core/tensor.ts";
import { type Box, type DrawPlace, drawPicture, type PictureDraw } from "./draw.ts";
import { augmentInputs } from "./graph.ts";
import type { AugmentationSpec } from "./spec.ts";

/** The draws of a batch, and for each picture the place in the batch of the one it is blended with. */
export interface BatchDraw {
  readonly pictures: readonly PictureDraw[];
  readonly partners: readonly number[];
  readonly size: number;
}

/** Draws for the pictures with these indices; only the partners depend on who else is in the batch. */
export function drawBatch(
  spec: AugmentationSpec,
  { indices, ...rest }: Omit<DrawPlace, "index"> & { readonly indices: readonly number[] },
): BatchDraw {
  return {
    pictures: indices.map((index) => drawPicture(spec, { ...rest, index })),
    partners: cycle(indices.length, derived(rest.seed, rest.epoch, ...indices)),
    size: rest.size,
  };
}

/** A permutation of one cycle (Sattolo 1986): in a batch of two or more, nobody is their own partner. */
function cycle(length: number, rng: { int(below: number): number }): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = rng.int(i);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** The draws as the inputs of `augmentGraph`, all but the pixels. */
export function drawFeeds({ pictures, partners }: BatchDraw, mixing: boolean): Record<string, Tensor> {
  const rows = pictures.length;
  const stacked = (pick: (draw: PictureDraw) => readonly number[], ...shape: readonly number[]): Tensor =>
    float32(pictures.flatMap(pick), [rows, ...shape]);
  const feeds = {
    [augmentInputs.theta]: stacked((draw) => draw.theta, 2, 3),
    [augmentInputs.colour]: stacked((draw) => draw.colour, 3, 4),
    [augmentInputs.erase]: stacked((draw) => draw.erase, 4),
  };
  if (!mixing) return feeds;
  return {
    ...feeds,
    [augmentInputs.partner]: int64(partners),
    [augmentInputs.lambda]: stacked((draw) => [draw.lambda]),
    [augmentInputs.box]: stacked((draw) => draw.box, 4),
  };
}

/** Share of the view that is the picture itself: lambda·(1 - area of the box). */
export function ownShare({ lambda, box }: PictureDraw, size: number): number {
  return lambda * (1 - areaOf(box) / size ** 2);
}

function areaOf([left, top, right, bottom]: Box): number {
  return (right - left) * (bottom - top);
}

/**
 * Targets of a batch, float32 [N, classes]: each row the share of its own class and of its partner's, in sum 1;
 * without mixing, rows of one 1. Of several labels at once each picture brings all its own: what both have is 1.
 */
export function softTargets(
  labels: ArrayLike<number | readonly number[]>,
  classes: number,
  batch: BatchDraw,
): Tensor {
  const rows = batch.pictures.length;
  assert(labels.length === rows, `${labels.length} labels for ${rows} pictures`);
  const targets = new Float32Array(rows * classes);
  for (const [row, draw] of batch.pictures.entries()) {
    const own = ownShare(draw, batch.size);
    for (const [from, share] of [
      [row, own],
      [batch.partners[row] ?? row, 1 - own],
    ] as const) {
      for (const label of listOf(labels[from] ?? -1)) {
        assert(label >= 0 && label < classes, `label ${label} of ${classes} classes`);
        targets[row * classes + label] = (targets[row * classes + label] ?? 0) + share;
      }
    }
  }
  return float32(targets, [rows, classes]);
}
