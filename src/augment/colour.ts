/** A map of colours: three rows [red, green, blue, 1] of weights, on RGB bytes as real numbers. */
export type ColourMap = readonly number[];

export const sameColours: ColourMap = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** What the eye makes of red, green and blue (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114] as const;
const midGrey = 127.5;

/** x -> factor·x */
export function brightness(factor: number): ColourMap {
  return rows((i, j) => (i === j ? factor : 0));
}

/**
 * x -> factor·(x - grey) + grey, about the middle of the scale. About the picture's own mean, as others have it, the
 * draw would have to know the pixels.
 */
export function contrast(factor: number): ColourMap {
  return rows((i, j) => (i === j ? factor : 0), midGrey * (1 - factor));
}

/** x -> factor·(x - luma) + luma: 0 is a black and white picture. */
export function saturation(factor: number): ColourMap {
  return rows((i, j) => (i === j ? factor : 0) + (1 - factor) * luma[j]);
}

/**
 * The colour circle turned by a share of a whole turn: a rotation R about the grey axis (Rodrigues' formula), the luma
 * that it changes put back on all three: x -> R·x + 1·(luma·x - luma·R·x).
 */
export function hue(share: number): ColourMap {
  const [cos, sin] = [Math.cos(2 * Math.PI * share), Math.sin(2 * Math.PI * share)];
  const turn = (i: number, j: number): number => {
    if (i === j) return cos + (1 - cos) / 3;
    return (1 - cos) / 3 + ((j - i + 3) % 3 === 1 ? -1 : 1) * (sin / Math.sqrt(3));
  };
  return rows((i, j) => turn(i, j) + luma[j] - luma.reduce((sum, weight, k) => sum + weight * turn(k, j), 0));
}

/** The map that applies the first one first. */
export function colourChain(...maps: readonly ColourMap[]): ColourMap {
  return maps.reduce((before, after) => {
    const at = (map: ColourMap, i: number, j: number): number => map[4 * i + j] ?? 0;
    return Array.from({ length: 12 }, (_, index) => {
      const [i, j] = [Math.floor(index / 4), index % 4];
      const sum = at(after, i, 0) * at(before, 0, j) + at(after, i, 1) * at(before, 1, j);
      return sum + at(after, i, 2) * at(before, 2, j) + (j === 3 ? at(after, i, 3) : 0);
    });
  }, sameColours);
}

type Channel = 0 | 1 | 2;

function rows(weight: (i: Channel, j: Channel) => number, bias = 0): ColourMap {
  const channels = [0, 1, 2] as const;
  return channels.flatMap((i) => [...channels.map((j) => weight(i, j)), bias]);
}
