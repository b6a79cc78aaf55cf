import type { Counted } from "./architectures.ts";

interface Transformer {
  readonly width: number;
  readonly patch: number;
  /** Side of the picture that the position embeddings are for. */
  readonly size?: number;
  readonly depth?: number;
  /** 0: no classifier. */
  readonly classes?: number;
}

/** Attention 4·D² + 4·D, two dense layers 8·D² + 5·D, two LayerNorms 4·D. */
const block = (width: number): number => 12 * width ** 2 + 13 * width;

/** Dosovitskiy et al.: patches, class token, positions, blocks, a last LayerNorm, a classifier. */
export function vit({ width, patch, size = 224, depth = 12, classes = 1000 }: Transformer): Counted {
  const patches = 3 * patch ** 2 * width + width;
  const positions = ((size / patch) ** 2 + 1) * width;
  const classifier = classes > 0 ? width * classes + classes : 0;
  const parameters = patches + width + positions + depth * block(width) + 2 * width + classifier;
  return { parameters, features: width };
}

/** Oquab et al.: 37 x 37 patches of 14 pixels, a scale on both branches of a block, a token for masked patches. */
export function dinov2(width: number): Counted {
  const { parameters } = vit({ width, patch: 14, size: 518, classes: 0 });
  return { parameters: parameters + 12 * 2 * width + width, features: width };
}

/** Radford et al., ViT-B/32: patches without bias, a LayerNorm before the blocks, a projection to 512 behind them. */
export function clip(): Counted {
  const { parameters } = vit({ width: 768, patch: 32, classes: 0 });
  return { parameters: parameters - 768 + 2 * 768 + 768 * 512, features: 512 };
}

/** Liu et al., 2022: depthwise 7 x 7, LayerNorm, two dense layers, a scale; LayerNorm and 2 x 2 between the stages. */
export function convnext(widths: readonly number[], depths: readonly number[]): Counted {
  const last = widths.at(-1)!;
  let parameters = 3 * 4 ** 2 * widths[0]! + 3 * widths[0]!;
  for (const [i, width] of widths.entries()) {
    const before = widths[i - 1];
    if (before !== undefined) parameters += 2 * before + 4 * before * width + width;
    parameters += depths[i]! * (50 * width + 2 * width + 8 * width ** 2 + 5 * width + width);
  }
  return { parameters: parameters + 2 * last + last * 1000 + 1000, features: last };
}

/** Liu et al., 2021: windows of 7 x 7 with a table of relative positions a head (32 wide); merging 2 x 2 between. */
export function swin(width: number, depths: readonly number[]): Counted {
  let parameters = 3 * 4 ** 2 * width + 3 * width;
  for (const [i, depth] of depths.entries()) {
    const here = width * 2 ** i;
    parameters += depth * (block(here) + 13 ** 2 * (here / 32));
    if (i < depths.length - 1) parameters += 2 * 4 * here + 4 * here * 2 * here;
  }
  const last = width * 2 ** (depths.length - 1);
  return { parameters: parameters + 2 * last + last * 1000 + 1000, features: last };
}
