import { float32, floats, int64, type Tensor } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";

/** Bins are a fixed ratio apart, so that counts of many pictures add up without anything known of their range. */
const binsPerOctave = 64;
const lowestOctave = -16;
const octaves = 34;
/** Bins on each side of zero. */
const side = binsPerOctave * octaves;
export const bins = 2 * side;

/** How often numbers of each size were seen in a tensor: bin `side + i` from 2^(i / 64 - 16) up, mirrored below zero. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: Float64Array;
}

/** The number in the middle of a bin; the two around zero hold all that is too small to matter. */
export function centreOf(bin: number): number {
  const step = bin < side ? side - 1 - bin : bin - side;
  if (step === 0) return 0;
  return (bin < side ? -1 : 1) * 2 ** ((step + 0.5) / binsPerOctave + lowestOctave);
}

/** Writes the nodes that count a tensor's numbers: [2 + bins], its least, its greatest, then the counts. */
export function countBins(b: GraphBuilder, value: string): string {
  const number = (x: number): string => b.constant(float32([x], []), "count");
  const one = b.constant(int64([1]), "one");
  const flat = b.op("Reshape", [value, b.constant(int64([-1]), "flat")]);
  const size = b.op("Max", [b.op("Abs", [flat]), number(2 ** lowestOctave)]);
  const octave = b.op("Mul", [b.op("Log", [size]), number(binsPerOctave / Math.LN2)]);
  const step = b.op("Clip", [
    b.op("Sub", [octave, number(lowestOctave * binsPerOctave)]),
    number(0),
    number(side - 1),
  ]);
  // Rounding down mirrors the bins by itself: side + 0.3 falls into the first above zero, side - 0.3 into the first below.
  const place = b.op("Add", [b.op("Mul", [b.op("Sign", [flat]), step]), number(side)]);
  const index = b.op("Cast", [b.op("Clip", [place, number(0), number(bins - 1)])], { to: 7 });
  const ones = b.op("Expand", [number(1), b.op("Shape", [flat])]);
  const none = b.constant(float32(new Float32Array(bins)), "none");
  const counts = b.op("ScatterElements", [none, index, ones], { axis: 0, reduction: "add" });
  const least = b.op("Reshape", [b.op("ReduceMin", [flat]), one]);
  const greatest = b.op("Reshape", [b.op("ReduceMax", [flat]), one]);
  return b.op("Concat", [least, greatest, counts], { axis: 0 });
}

/** The histogram with what one run counted added to it; undefined is one of nothing. */
export function addCounts(histogram: Histogram | undefined, counted: Tensor): Histogram {
  const [low = 0, high = 0, ...fresh] = floats(counted);
  const counts = histogram?.counts ?? new Float64Array(bins);
  for (const [bin, count] of fresh.entries()) counts[bin] = (counts[bin] ?? 0) + count;
  return {
    low: Math.min(low, histogram?.low ?? low),
    high: Math.max(high, histogram?.high ?? high),
    counts,
  };
}
