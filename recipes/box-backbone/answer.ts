import type { Random } from "../../src/core/random.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { type Architecture, lastMapOutput, stageOutput, student } from "./student.ts";

/** A map, and how its places become numbers. */
export interface Pool {
  readonly map: string;
  readonly by: keyof typeof places;
}

/** Numbers a channel. */
const places = { mean: 1, max: 1, quarters: 4 } as const;

/** What the student's feature vector is made of: see the README's table of what was tried. */
export const pools: readonly Pool[] = [
  { map: lastMapOutput, by: "mean" },
  { map: lastMapOutput, by: "max" },
  { map: stageOutput(3), by: "mean" },
  { map: stageOutput(3), by: "max" },
  { map: stageOutput(2), by: "mean" },
  { map: stageOutput(2), by: "max" },
  { map: stageOutput(2), by: "quarters" },
];

/** The student with trained weights, for any picture size from 64 px on: `x` to its feature vector `features`. */
export function finished(
  arch: Architecture,
  weights: ReadonlyMap<string, Tensor>,
  random: Random,
  vector: readonly Pool[] = pools,
): Model {
  const drawn = student(arch, "S", random);
  const initializers = new Map(drawn.graph.initializers);
  for (const [name, tensor] of weights) if (initializers.has(name)) initializers.set(name, tensor);
  // The mean that the student is taught by makes room for the whole vector.
  const isMap = ({ opType }: { readonly opType: string }): boolean =>
    opType !== "GlobalAveragePool" && opType !== "Flatten";
  const nodes = drawn.graph.nodes.filter(isMap);
  const b = GraphBuilder.from({ ...drawn, graph: { ...drawn.graph, nodes, initializers, outputs: [] } });
  const mean = (map: string): string => b.op("GlobalAveragePool", [map]);
  const ways: Readonly<Record<Pool["by"], (map: string) => string | readonly string[]>> = {
    mean,
    max: (map) => b.op("GlobalMaxPool", [map]),
    quarters: (map) => quarters(b, map).map(mean),
  };
  const parts = vector.flatMap(({ map, by }) => ways[by](map));
  const joined = b.op("Concat", parts, { axis: 1 });
  b.output(b.op("Flatten", [joined], { axis: 1 }, { outputs: ["features"] }), "float32", [
    "N",
    widthOf(arch, vector),
  ]);
  return b.model();
}

/**
 * Upper left, upper right, lower left, lower right, of places joined two by two: the engine then has a fourth to split. Of
 * an odd side the first half has one place more, and the last of the map may be left out.
 */
function quarters(b: GraphBuilder, map: string): readonly string[] {
  const joined = b.op("AveragePool", [map], { kernel_shape: [2, 2], strides: [2, 2] });
  const halves = (of: string, axis: number): readonly string[] =>
    b.ops("Split", [of], { axis, num_outputs: 2 }, 2);
  return halves(joined, 2).flatMap((half) => halves(half, 3));
}

function widthOf({ stages, features }: Architecture, vector: readonly Pool[]): number {
  const widths = new Map(stages.map(({ width }, i) => [stageOutput(i + 1), width]));
  return vector.reduce((sum, { map, by }) => sum + places[by] * (widths.get(map) ?? features), 0);
}
