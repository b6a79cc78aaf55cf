/**
 * A map of the plane, [x, y] -> [a·x + b·y + c, d·x + e·y + f], as [a, b, c, d, e, f]: from a place in the view to the
 * place in the picture that is seen there. Both run from -1 to 1 over the square (GridSample, align_corners 0).
 */
export type Affine = readonly [number, number, number, number, number, number];

export const identity: Affine = [1, 0, 0, 0, 1, 0];

/** The picture magnified by 1 / w along x and 1 / h along y, seen about (x, y). */
export function window(w: number, h: number, x: number, y: number): Affine {
  return [w, 0, x, 0, h, y];
}

/** The window moved by (x, y), so the picture the other way. */
export function translation(x: number, y: number): Affine {
  return [1, 0, x, 0, 1, y];
}

/** The picture turned anticlockwise by an angle in radians. */
export function rotation(angle: number): Affine {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // y runs downwards.
  return [cos, -sin, 0, sin, cos, 0];
}

/** Uprights leaning by an angle in radians. */
export function shearing(angle: number): Affine {
  return [1, Math.tan(angle), 0, 0, 1, 0];
}

/** Mirrored left to right, top to bottom, or both. */
export function mirroring(horizontal: boolean, vertical: boolean): Affine {
  return [horizontal ? -1 : 1, 0, 0, 0, vertical ? -1 : 1, 0];
}

/** The map that applies the last one first: chain(p, q)(v) = p(q(v)). */
export function chain(...maps: readonly Affine[]): Affine {
  return maps.reduce(
    ([a, b, c, d, e, f], [p, q, r, s, t, u]) => [
      a * p + b * s,
      a * q + b * t,
      a * r + b * u + c,
      d * p + e * s,
      d * q + e * t,
      d * r + e * u + f,
    ],
    identity,
  );
}
