import type { Random } from "../core/random.ts";

/** Paints a square of this side: definitions that it refers to, by ids that begin with "ground", and what is seen. */
type Paint = (side: number, rng: Random) => string;

/** A whole number from `low` up to, but not, `high`. */
const between = (rng: Random, low: number, high: number): number => low + rng.int(high - low);

/** Any colour that is neither nearly black nor nearly white; skin's own are among them. */
function colour(rng: Random): string {
  return hsl(rng.int(360), between(rng, 10, 85), between(rng, 25, 85));
}

/** A colour not far from another of this hue and lightness, as the other one of a pattern. */
function pair(rng: Random): readonly [string, string] {
  const [hue, saturation, lightness] = [rng.int(360), between(rng, 10, 80), between(rng, 30, 80)];
  const away = (rng.next() < 0.5 ? -1 : 1) * between(rng, 8, 28);
  return [
    hsl(hue, saturation, lightness),
    hsl((hue + rng.int(90)) % 360, saturation, Math.min(90, Math.max(15, lightness + away))),
  ];
}

/** librsvg reads the old notation with commas. */
function hsl(hue: number, saturation: number, lightness: number): string {
  return `hsl(${hue},${saturation}%,${lightness}%)`;
}

function fill(paint: string): string {
  return `<rect width="100%" height="100%" fill="${paint}"/>`;
}

/** One tile of this side, repeated over the picture, turned. */
function tiled(side: number, rng: Random, tile: string): string {
  const turn = `rotate(${rng.int(180)}) translate(${rng.int(side)},${rng.int(side)})`;
  return (
    `<pattern id="ground" width="${side}" height="${side}" patternUnits="userSpaceOnUse" patternTransform="${turn}">` +
    `${tile}</pattern>${fill("url(#ground)")}`
  );
}

const flat: Paint = (_, rng) => fill(colour(rng));

const gradient: Paint = (_, rng) => {
  const stops = `<stop stop-color="${colour(rng)}"/><stop offset="1" stop-color="${colour(rng)}"/>`;
  const turn = `gradientTransform="rotate(${rng.int(360)},0.5,0.5)"`;
  return `<linearGradient id="ground" ${turn}>${stops}</linearGradient>${fill("url(#ground)")}`;
};

const glow: Paint = (_, rng) => {
  const [one, other] = pair(rng);
  const at = `cx="${between(rng, 20, 80)}%" cy="${between(rng, 20, 80)}%" r="${between(rng, 50, 90)}%"`;
  const stops = `<stop stop-color="${one}"/><stop offset="1" stop-color="${other}"/>`;
  return `<radialGradient id="ground" ${at}>${stops}</radialGradient>${fill("url(#ground)")}`;
};

const stripes: Paint = (side, rng) => {
  const [one, other] = pair(rng);
  const tile = between(rng, side / 10, side / 3);
  return `${fill(one)}${tiled(tile, rng, `<rect width="${tile}" height="${tile / 2}" fill="${other}"/>`)}`;
};

const dots: Paint = (side, rng) => {
  const [one, other] = pair(rng);
  const tile = between(rng, side / 10, side / 4);
  const dot = `<circle cx="${tile / 2}" cy="${tile / 2}" r="${tile * 0.3}" fill="${other}"/>`;
  return `${fill(one)}${tiled(tile, rng, dot)}`;
};

const checks: Paint = (side, rng) => {
  const [one, other] = pair(rng);
  const half = between(rng, side / 16, side / 5);
  const two = `<path d="M0 0h${half}v${half}h${-half}zM${half} ${half}h${half}v${half}h${-half}z" fill="${other}"/>`;
  return `${fill(one)}${tiled(2 * half, rng, two)}`;
};

/** Soft and hard round shapes of every size, as of things out of focus. */
const blobs: Paint = (side, rng) => {
  const shapes = Array.from({ length: between(rng, 4, 12) }, () => {
    const at = `cx="${rng.int(side)}" cy="${rng.int(side)}" rx="${between(rng, side / 12, side / 2)}" ry="${between(rng, side / 12, side / 3)}"`;
    return `<ellipse ${at} fill="${colour(rng)}" opacity="${between(rng, 3, 10) / 10}"/>`;
  });
  return fill(colour(rng)) + shapes.join("");
};

/** A wall and a table, with something on it. */
const room: Paint = (side, rng) => {
  const [wall, table] = [colour(rng), colour(rng)];
  const edge = between(rng, side * 0.45, side * 0.8);
  const tilt = between(rng, -side / 12, side / 12);
  const things = Array.from({ length: rng.int(4) }, () => {
    const [width, height] = [between(rng, side / 12, side / 3), between(rng, side / 10, side / 2)];
    return `<rect x="${rng.int(side)}" y="${edge - height}" width="${width}" height="${height}" rx="${rng.int(8)}" fill="${colour(rng)}"/>`;
  });
  const top = `<path d="M0 ${edge + tilt}L${side} ${edge - tilt}V${side}H0z" fill="${table}"/>`;
  return fill(wall) + things.join("") + top;
};

/** Perlin's noise (`feTurbulence`), coloured: grass, stone, cloth. */
const texture: Paint = (_, rng) => {
  const [one, other] = pair(rng);
  const frequency = between(rng, 8, 80) / 1000;
  const across = frequency * (1 + rng.int(4));
  const noise = `<feTurbulence type="fractalNoise" baseFrequency="${frequency} ${across}" numOctaves="3" seed="${rng.int(1000)}"/>`;
  const grey = '<feColorMatrix values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 3 0 0 0 -1"/>';
  const masked = `<feFlood flood-color="${other}"/><feComposite operator="in" in2="ground-noise"/>`;
  const steps = `${noise}${grey.replace("/>", ' result="ground-noise"/>')}${masked}`;
  return `<filter id="ground" x="0" y="0" width="1" height="1">${steps}</filter>${fill(one)}<rect width="100%" height="100%" filter="url(#ground)"/>`;
};

export const paints: readonly Paint[] = [flat, gradient, glow, stripes, dots, checks, blobs, room, texture];

/** A drawn background, as what stands inside the `<svg>` of a square of this side. */
export function background(side: number, rng: Random): string {
  return paints[rng.int(paints.length)]!(side, rng);
}
