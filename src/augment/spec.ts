/** From the lower bound to the upper, both taken. */
export type Range = readonly [low: number, high: number];

/**
 * How training pictures are varied; what is left out, or 0, is off. Every amount is drawn anew for each picture and
 * epoch, uniformly where nothing else is said.
 */
export interface AugmentationSpec {
  /** Mirrored left to right, every other picture. */
  readonly flip?: true;
  /** Mirrored top to bottom, every other picture. */
  readonly flipVertical?: true;
  /**
   * Random resized crop (Szegedy et al. 2014): a rectangle of this share of the area and this ratio of width to height,
   * uniform in its logarithm, is stretched to the network's square.
   */
  readonly crop?: { readonly area: Range; readonly ratio: Range };
  /** The picture enlarged by so many pixels of the network's square, then the square cut out at random. */
  readonly margin?: number;
  /** The picture padded by so many pixels at each side, then the square cut out at random, by whole pixels. */
  readonly pad?: number;
  /** Degrees, to either side. */
  readonly rotate?: number;
  /** Share of the side, to either side along both axes. */
  readonly shift?: number;
  /** Factor by which the picture is magnified, uniform in its logarithm. */
  readonly zoom?: Range;
  /** Degrees by which the upright lean, to either side. */
  readonly shear?: number;
  /** 0.2: times 0.8 to 1.2. */
  readonly brightness?: number;
  /** 0.2: differences from mid-grey times 0.8 to 1.2. */
  readonly contrast?: number;
  /** 0.2: differences from the pixel's own grey times 0.8 to 1.2. */
  readonly saturation?: number;
  /** Share of the colour circle, to either side; 0.5 is all of it. */
  readonly hue?: number;
  /** Random erasing (Zhong et al. 2017): how often a rectangle is blanked, and its share of the area. */
  readonly erase?: { readonly probability: number; readonly area: Range };
  /** Mix-up (Zhang et al. 2018): two pictures and their targets blended, the share drawn from Beta(alpha, alpha). */
  readonly mixup?: number;
  /** CutMix (Yun et al. 2019): a rectangle from another picture, its area drawn from Beta(alpha, alpha). */
  readonly cutmix?: number;
}

/** Random resized crops have this ratio of width to height unless another is asked for (torchvision's). */
export const usualRatio: Range = [3 / 4, 4 / 3];

/** Whether pictures are blended with others, so that targets are shared out between classes. */
export function mixes(spec: AugmentationSpec): boolean {
  return (spec.mixup ?? 0) > 0 || (spec.cutmix ?? 0) > 0;
}

/** Whether pictures come out differently from one draw to the next. */
export function varies(spec: AugmentationSpec): boolean {
  const { crop, zoom: [least, most] = [1, 1], erase, ...amounts } = spec;
  if (crop !== undefined || least !== most || (erase?.probability ?? 0) > 0) return true;
  return Object.values(amounts).some((amount) => amount === true || amount > 0);
}

/** Beyond this factor, pictures shown whole would be sampled too sparsely: GridSample does not smooth. */
const mostOversampling = 1.25;

/**
 * Side of the squares to feed for a network of side `size`: so large that a crop of middling area is seen pixel by
 * pixel, and `size` itself where nothing is cut out.
 */
export function sourceSide(spec: AugmentationSpec, size: number): number {
  const [low, high] = spec.crop?.area ?? [1, 1];
  const enlarged = (size + (spec.margin ?? 0)) / Math.sqrt((low + high) / 2);
  return Math.round(Math.min(enlarged, size * mostOversampling));
}
