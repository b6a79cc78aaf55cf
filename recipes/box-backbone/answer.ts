import type { Random } from "../../src/core/random.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { type Architecture, lastMapOutput, stageOutput, student } from "./student.ts";

/** A map, and how its places become one number a channel. */
export interface Pool {
  readonly map: string;
  readonly by: "mean" | "max";
}

/** What the student's feature vector is made of: see the README's table of what was tried. */
export const pools: readonly Pool[] = [
  { map: lastMapOutput, by: "mean" },
  { map: lastMapOutput, by: "max" },
  { map: stageOutput(3), by: "mean" },
  { map: stageOutput(2), by: "mean" },
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
  const parts = vector.map(({ map, by }) =>
    b.op(by === "mean" ? "GlobalAveragePool" : "GlobalMaxPool", [map]),
  );
  const joined = b.op("Concat", parts, { axis: 1 });
  b.output(b.op("Flatten", [joined], { axis: 1 }, { outputs: ["features"] }), "float32", [
    "N",
    widthOf(arch, vector),
  ]);
  return b.model();
}

function widthOf({ stages, features }: Architecture, vector: readonly Pool[]): number {
  const widths = new Map(stages.map(({ width }, i) => [stageOutput(i + 1), width]));
  return vector.reduce((sum, { map }) => sum + (widths.get(map) ?? features), 0);
}
