import type { Model, Node } from "../onnx/graph.ts";
import { producers } from "../onnx/graph-tools.ts";
import { inferShapes } from "../onnx/infer.ts";
import { rearranging } from "../surgery/feature-vector.ts";
import { GraphView } from "../surgery/graph-view.ts";

/** Where a network last knew where things stand, or why it never did so close to its end. */
export type LastMaps =
  | { readonly kind: "maps"; readonly maps: readonly string[] }
  | { readonly kind: "none"; readonly why: string };

/** They order, rename or average what they are given: a map is looked for in front of them. */
const passive: ReadonlySet<string> = new Set([
  ...rearranging,
  "Gather",
  "Slice",
  "Split",
  "Concat",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "ReduceMean",
  "ReduceMax",
]);

/** They speak of sizes, not of what is seen. */
const sizes: ReadonlySet<string> = new Set(["Shape", "Size"]);

/**
 * The last maps [N, C, h, w] on every way from the picture to `value`: of one convolutional base one, of several bases
 * side by side one each, in their order. There is none in a transformer, whose tokens exchange what they saw up to the end.
 */
export function lastMaps(model: Model, value: string): LastMaps {
  const { graph } = inferShapes(model);
  const view = new GraphView(graph);
  const makers = producers(graph);
  const maps: string[] = [];
  const seen = new Set<string>();
  const pending = [value];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name) || view.isConstant(name)) continue;
    seen.add(name);
    const node = makers.get(name);
    if (node === undefined) return none("the picture reaches its end without a map");
    if (sizes.has(node.opType)) continue;
    if (isMap(view, name, node)) {
      maps.push(name);
      continue;
    }
    if (mixesTokens(view, node)) return none("it works on tokens up to its end, not on a map");
    pending.push(...node.inputs.filter((input) => input !== "").toReversed());
  }
  return maps.length > 0 ? { kind: "maps", maps } : none("it has no map");
}

function none(why: string): LastMaps {
  return { kind: "none", why };
}

/** A side that is not known stands for a map too: sizes behind a crop often are not. */
function isMap(view: GraphView, name: string, node: Node): boolean {
  const shape = view.shape(name);
  if (shape?.length !== 4 || view.type(name)?.dtype !== "float32" || view.isPooled(name)) return false;
  // What was only turned round (to channels last) or put together is a map further up; a layer norm's axis is the last.
  const joins = node.opType === "Concat" && !view.isChannelsLast(node.inputs[0] ?? "");
  return joins || (!passive.has(node.opType) && node.opType !== "LayerNormalization");
}

/** Whether a node other than a rearrangement or an average works on rows of tokens [N, T, D], or on attention. */
function mixesTokens(view: GraphView, node: Node): boolean {
  if (node.opType === "LayerNormalization" && (view.shape(node.inputs[0] ?? "")?.length ?? 0) > 2)
    return true;
  if (passive.has(node.opType)) return false;
  return node.inputs.some((input) => !view.isConstant(input) && (view.shape(input)?.length ?? 0) === 3);
}
