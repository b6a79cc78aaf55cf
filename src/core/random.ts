/** A seeded source of randomness: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, below). */
  int(below: number): number;
  /** Standard normal, by Box and Muller (1958). */
  normal(): number;
  /** Shuffles in place (Fisher and Yates) and returns the array. */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T;
}

/** sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, as in PractRand), seeded through splitmix32. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, counter] = [splitmix(), splitmix(), splitmix(), 1];

  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();

  const next = (): number => bits() / 2 ** 32;
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle(items) {
      const slots: { [index: number]: unknown } = items;
      for (let i = items.length - 1; i > 0; i--) {
        const j = int(i + 1);
        [slots[i], slots[j]] = [slots[j], slots[i]];
      }
      return items;
    },
  };
}

/**
 * A seed derived from another and a path of whole numbers, such as (epoch, batch): the same path gives the same seed,
 * others give unrelated ones. Whoever derives keeps no generator between two moments, and can stop and go on anywhere.
 */
export function deriveSeed(seed: number, ...path: readonly number[]): number {
  let h = seed >>> 0;
  for (const part of path) {
    // MurmurHash3's 32-bit mixing of one word (Appleby), then its finaliser.
    const k = Math.imul(part | 0, 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = (Math.imul(h, 0xc2b2ae35) + 0x9e3779b9) | 0;
    h ^= h >>> 16;
  }
  return h >>> 0;
}

/** A generator for this seed and path of whole numbers alone: see `deriveSeed`. */
export function derived(seed: number, ...path: readonly number[]): Random {
  return random(deriveSeed(seed, ...path));
}

/** The numbers 0 to `count` - 1 in an order drawn for this seed and path alone. */
export function derivedOrder(count: number, seed: number, ...path: readonly number[]): Int32Array {
  return derived(seed, ...path).shuffle(Int32Array.from({ length: count }, (_, i) => i));
}
