import fc from "fast-check";
import { expect, test } from "vitest";
import { float32, floats } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { halfOf, storeAsFloat16 } from "./float16.ts";

/** The number that a half-precision word means (IEEE 754-2008, 3.4): (-1)^s · 2^(e - 15) · 1.f, or 2^-14 · 0.f. */
function numberOf(word: number): number {
  const [sign, exponent, fraction] = [word & 0x8000 ? -1 : 1, (word >> 10) & 31, word & 1023];
  if (exponent === 31) return fraction === 0 ? sign / 0 : Number.NaN;
  return (
    sign * (exponent === 0 ? 2 ** -14 * (fraction / 1024) : 2 ** (exponent - 15) * (1 + fraction / 1024))
  );
}

test("every word of half precision is its own nearest", () => {
  for (let word = 0; word < 65_536; word++) {
    const value = numberOf(word);
    if (Number.isNaN(value)) expect(numberOf(halfOf(value))).toBeNaN();
    else expect(halfOf(value)).toBe(word);
  }
});

test("halfway between two words the even one is taken, and next to it the nearer", () => {
  // 65,504 + 16 is halfway to what would be 65,536, which is infinity.
  for (let word = 0; word < 0x7c00; word++) {
    const low = numberOf(word);
    const high = word === 0x7bff ? 65_536 : numberOf(word + 1);
    const middle = (low + high) / 2;
    const nudge = (high - low) / 2 ** 10;
    const even = word % 2 === 0 ? word : word + 1;
    expect([halfOf(middle), halfOf(middle - nudge), halfOf(middle + nudge)], String(middle)).toEqual([
      even,
      word,
      word + 1,
    ]);
    expect(halfOf(-middle)).toBe(even | 0x8000);
  }
});

test("any number of single precision goes to a word that no other is nearer to", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const word = halfOf(value);
      if (Math.abs(value) >= 65_520) return word === (value < 0 ? 0xfc00 : 0x7c00);
      const error = Math.abs(numberOf(word) - value);
      const neighbours = [word - 1, word + 1].filter((near) => (near & 0x7fff) < 0x7c00 && near >= 0);
      return neighbours.every((near) => Math.abs(numberOf(near) - value) >= error);
    }),
    { seed: 21, numRuns: 2000 },
  );
});

test("what half precision would lose stays as it is", () => {
  const b = new GraphBuilder({ opset: 13 });
  b.input("x", "float32", [64]);
  const of = (name: string, value: number) => b.initializer(name, float32(new Float32Array(64).fill(value)));
  const names = [of("plain", 0.5), of("huge", 1e5), of("tiny", 1e-7), of("endless", 1 / 0), of("zero", 0)];
  names.push(b.initializer("short", float32([1, 2, 3, 4])), b.initializer("plain_float16", float32([1])));
  let sum = "x";
  for (const name of names.slice(0, 5)) sum = b.op("Add", [sum, name]);
  b.output(sum);
  const { graph } = storeAsFloat16(b.model());
  expect([...graph.initializers].map(([name, { dtype }]) => `${name} ${dtype}`)).toEqual([
    "plain_float16_ float16",
    "huge float32",
    "tiny float32",
    "endless float32",
    "zero_float16 float16",
    "short float32",
    "plain_float16 float32",
  ]);
  expect(graph.nodes.slice(0, 2).map(({ opType, outputs }) => [opType, ...outputs])).toEqual([
    ["Cast", "plain"],
    ["Cast", "zero"],
  ]);
  expect(floats(graph.initializers.get("huge")!)[0]).toBe(1e5);
});
