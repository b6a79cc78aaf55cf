import { type AugmentationSpec, usualRatio } from "./spec.ts";

/** Augmentations by name, each a step beyond the one before it; none turns what is upright upside down. */
export const presets = {
  /** Every picture as evaluation sees it. */
  none: {},
  /** Where colour and size carry the class, or pictures abound. */
  light: { flip: true, crop: { area: [0.8, 1], ratio: usualRatio } },
  /** A few hundred photographs or more. */
  standard: {
    flip: true,
    crop: { area: [0.6, 1], ratio: usualRatio },
    rotate: 10,
    brightness: 0.2,
    contrast: 0.2,
    saturation: 0.2,
  },
  /** Few pictures, or many epochs. */
  strong: {
    flip: true,
    crop: { area: [0.35, 1], ratio: usualRatio },
    rotate: 15,
    shear: 5,
    brightness: 0.3,
    contrast: 0.3,
    saturation: 0.3,
    hue: 0.03,
    erase: { probability: 0.25, area: [0.02, 0.2] },
    mixup: 0.2,
    cutmix: 1,
  },
} as const satisfies Record<string, AugmentationSpec>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as readonly PresetName[];
