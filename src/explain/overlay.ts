import type { Heat } from "./heat.ts";

/**
 * Inferno (Smith, van der Walt and Firing, in matplotlib 1.5, CC0): even steps are seen as even, from black by red to
 * yellow, and it stays in order when printed grey. 17 stops, red green blue.
 */
const inferno: readonly (readonly [number, number, number])[] = [
  [0x00, 0x00, 0x04],
  [0x0b, 0x07, 0x24],
  [0x21, 0x0c, 0x4a],
  [0x3d, 0x09, 0x65],
  [0x57, 0x10, 0x6e],
  [0x71, 0x19, 0x6e],
  [0x8a, 0x22, 0x6a],
  [0xa3, 0x2c, 0x61],
  [0xbc, 0x37, 0x54],
  [0xd2, 0x46, 0x44],
  [0xe4, 0x5a, 0x31],
  [0xf1, 0x73, 0x1d],
  [0xf9, 0x8e, 0x09],
  [0xfc, 0xac, 0x11],
  [0xf9, 0xcb, 0x35],
  [0xf2, 0xea, 0x69],
  [0xfc, 0xff, 0xa4],
];

/** Colours of heats in even steps: to mix one for each pixel takes longer than all else that is done for it. */
const steps = 256;
const palette = Float32Array.from(
  { length: 3 * (steps + 1) },
  (_, i) => heatColour(Math.floor(i / 3) / steps)[(i % 3) as 0 | 1 | 2],
);

/** The colour of a heat in [0, 1]. */
export function heatColour(heat: number): readonly [red: number, green: number, blue: number] {
  const place = Math.min(Math.max(heat, 0), 1) * (inferno.length - 1);
  const stop = Math.min(Math.floor(place), inferno.length - 2);
  const [a, b] = [inferno[stop]!, inferno[stop + 1]!];
  const mix = (i: 0 | 1 | 2): number => a[i] + (place - stop) * (b[i] - a[i]);
  return [mix(0), mix(1), mix(2)];
}

/** How much of the colour lies over the picture, whose own colours are taken out so that none is mistaken for heat. */
const cover = 0.55;
/** What is left of the light where the network does not see. */
const unseenLight = 0.35;

/**
 * A picture with heat laid over it: `data` are its RGB bytes, of the heat's sides. What the network does not see is dark
 * and bare of colour.
 */
export function overlay(data: Uint8Array, { width, height, values, seen }: Heat): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [red, green, blue] = [data[3 * at]!, data[3 * at + 1]!, data[3 * at + 2]!];
      // Luma of ITU-R BT.601.
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
      const colour = 3 * Math.round(steps * values[at]!);
      const shown = seen(x, y);
      for (let i = 0; i < 3; i++) {
        out[3 * at + i] = Math.round(
          shown ? (1 - cover) * grey + cover * palette[colour + i]! : unseenLight * grey,
        );
      }
    }
  }
  return out;
}
