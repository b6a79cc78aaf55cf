/**
 * A linear congruential generator (Numerical Recipes' 1664525, 1013904223 modulo 2³²), so that a reference in another
 * language can draw the very same numbers; for nothing but tests.
 */
export class Congruential {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32;
  }

  /** Four uniforms less 2: a bell of variance 1/3. */
  bell(): number {
    return this.next() + this.next() + this.next() + this.next() - 2;
  }
}

/** Feature vectors about class means: row i is of class i modulo `classes`. */
export function bellFeatures(seed: number, rows: number, width: number, classes: number) {
  const draw = new Congruential(seed);
  const features = new Float32Array(rows * width);
  for (let i = 0; i < features.length; i++) {
    const [row, k] = [Math.floor(i / width), i % width];
    features[i] = draw.bell() * (1 + 0.1 * k) + (k % classes === row % classes ? 1.5 : 0) + 0.5;
  }
  return { features, width, labels: Int32Array.from({ length: rows }, (_, row) => row % classes), classes };
}

/** 120 rows of four classes, right in 57.5 % of rows and too sure of themselves. */
export function bellLogits() {
  const draw = new Congruential(101);
  const [rows, classes] = [120, 4];
  const [logits, labels] = [new Float32Array(rows * classes), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    const label = Math.floor(draw.next() * classes);
    for (let i = 0; i < classes; i++) logits[row * classes + i] = draw.bell() * 3 + (i === label ? 2 : 0);
    labels[row] = label;
  }
  return { logits, labels, classes };
}
