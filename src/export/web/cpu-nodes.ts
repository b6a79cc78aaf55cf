import type { Graph, Node } from "../../onnx/graph.ts";

/**
 * Names of the nodes that WebGPU must leave to the processor: ONNX Runtime Web gives it every Resize and then fails on one
 * that is antialiased. What comes before such a Resize stays with it, or full pictures would travel to the card and back.
 */
export function cpuNodesOf({ nodes }: Graph): string[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const found = new Set<Node>();
  const add = (node: Node): void => {
    if (found.has(node)) return;
    found.add(node);
    for (const input of node.inputs) {
      const maker = makers.get(input);
      if (maker) add(maker);
    }
  };
  for (const node of nodes) if (node.opType === "Resize" && isAntialiased(node)) add(node);
  return [...found].map(({ name }) => name);
}

function isAntialiased({ attributes }: Node): boolean {
  const antialias = attributes.get("antialias");
  return antialias?.type === "int" && antialias.value !== 0n;
}
