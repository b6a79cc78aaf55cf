// The check of a graphics card, before it is trusted: a picture made of numbers, and what the model says of it, which
// was worked out by a processor when this folder was made (check.json).

/** @typedef {Readonly<Record<string, readonly number[]>>} Answers numbers by the model's output */

/** Of a vector's length. Cards differ in their last digits; one that is wrong is not off by a hundredth. */
const tolerance = 0.01;

/**
 * Wider than high, so that fitting it to the network's square has work to do.
 * @param {number} side of the network's square
 */
export function checkPicture(side) {
  const [width, height] = [Math.ceil(side * 1.25), side];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) data[i++] = (x * (y + 1) * (c + 2)) >> 4;
  return { width, height, data };
}

/**
 * The first output that is not what it should be; undefined where all agree.
 * @param {Answers} answers
 * @param {Answers} expected
 */
export function disagreement(answers, expected) {
  return Object.keys(expected).find((name) => {
    const [is, should] = [answers[name] ?? [], expected[name] ?? []];
    const distance = Math.hypot(...should.map((value, i) => (is[i] ?? Number.NaN) - value));
    // Not "greater": what is no number does not agree.
    return !(distance <= tolerance * Math.hypot(...should));
  });
}
