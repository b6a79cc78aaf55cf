import { intsAttr, stringAttr } from "../../onnx/attributes.ts";
import { channelsLast, type Operand, storedShape } from "./operand.ts";
import type { Padding } from "./program.ts";
import type { Site } from "./site.ts";

export type Pair = readonly [height: number, width: number];

/** How a convolution or pool slides over a map. */
export interface Sliding {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** What lies before the map, and what the last window needs behind it: ceil_mode and superfluous pads are settled. */
  readonly before: Pair;
  readonly after: Pair;
  /** ONNX's pads as they are stated or follow from auto_pad: pools count by them. */
  readonly stated: readonly [before: Pair, after: Pair];
  /** What TensorFlow calls these amounts; undefined where it has no word for them. */
  readonly padding: Padding | undefined;
}

const both = <T>(make: (axis: 0 | 1) => T): readonly [T, T] => [make(0), make(1)];

/** Reads a node's window over a map [N, C, H, W]. */
export function slidingOf(site: Site, kernel: Pair): Sliding {
  const { node, shape: output } = site;
  const input = site.x().shape;
  const strides = intsAttr(node, "strides", [1, 1]) as Pair;
  const dilations = intsAttr(node, "dilations", [1, 1]) as Pair;
  const pads = intsAttr(node, "pads", [0, 0, 0, 0]);
  const auto = stringAttr(node, "auto_pad", "NOTSET");
  if (pads.some((amount) => amount < 0)) site.fail("its pads are negative");
  const axes = both((axis) => {
    const [size, count] = [input[axis + 2]!, output[axis + 2]!];
    const extent = dilations[axis] * (kernel[axis] - 1) + 1;
    const total = (count - 1) * strides[axis] + extent - size;
    const missing = Math.max(0, total);
    const stated =
      auto === "NOTSET"
        ? [pads[axis]!, pads[axis + 2]!]
        : auto === "SAME_UPPER"
          ? [Math.floor(missing / 2), Math.ceil(missing / 2)]
          : auto === "SAME_LOWER"
            ? [Math.ceil(missing / 2), Math.floor(missing / 2)]
            : [0, 0];
    const before = stated[0]!;
    const after = Math.max(0, total - before);
    const same = count === Math.ceil(size / strides[axis]) && before === Math.floor(missing / 2);
    return { before, after, same: same && before + after === missing, stated };
  });
  const valid = axes.every(({ before, after }) => before === 0 && after === 0);
  const same = axes.every((axis) => axis.same);
  return {
    kernel,
    strides,
    dilations,
    before: both((axis) => axes[axis].before),
    after: both((axis) => axes[axis].after),
    stated: [both((axis) => axes[axis].stated[0]!), both((axis) => axes[axis].stated[1]!)],
    padding: valid ? "valid" : same ? "same" : undefined,
  };
}

/** The operand with a margin of `value` as wide as the windows reach. */
export function withMargin(site: Site, { before, after }: Sliding, value: number, x = site.x()): Operand {
  const amounts = [
    [0, 0],
    [0, 0],
    [before[0], after[0]],
    [before[1], after[1]],
  ] as const;
  return site.e.pad(x, amounts, value);
}

/** The map that a node slides over. */
export function mapOf(site: Site): readonly number[] {
  const { shape } = site.x();
  return shape.length === 4 ? shape : site.fail(`it works on ${shape.length} axes, and only maps have steps`);
}

/** Every n-th row and column, as the maximum over windows of one. */
export function everyNth(site: Site, x: Operand, strides: Pair, shape: readonly number[]): Operand {
  const input = site.e.ordered(x, channelsLast);
  const step = { op: "maxPool", input, window: [1, 1], strides, padding: "valid" } as const;
  const result = { order: channelsLast, shape: [1, x.shape[1]!, ...shape.slice(2)] };
  return { kind: "stored", name: site.e.step(step, storedShape(result)), ...result };
}
