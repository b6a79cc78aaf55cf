import { float32, int64, scalar, type Tensor } from "../core/tensor.ts";
import { floatAttr, floatsAttr, intAttr, intsAttr, tensorAttr } from "../onnx/attributes.ts";
import type { Graph, Node } from "../onnx/graph.ts";

function constantOf(node: Node): Tensor | undefined {
  if (node.opType !== "Constant" || node.domain !== "") return undefined;
  const tensor = tensorAttr(node, "value");
  if (tensor !== undefined) return tensor;
  const [int, ints] = [intAttr(node, "value_int"), intsAttr(node, "value_ints")];
  if (int !== undefined) return int64([int], []);
  if (ints !== undefined) return int64(ints);
  const [float, floats] = [floatAttr(node, "value_float"), floatsAttr(node, "value_floats")];
  if (float !== undefined) return scalar(float);
  return floats && float32(floats);
}

/** The graph with its Constant nodes as initializers: one way to write a constant instead of two. */
export function liftConstants(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.filter((node) => {
    const [name] = node.outputs;
    const tensor = constantOf(node);
    if (tensor === undefined || name === undefined || outputs.has(name)) return true;
    initializers.set(name, tensor);
    return false;
  });
  return { ...graph, nodes, initializers };
}
