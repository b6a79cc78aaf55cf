import { floats } from "../../core/tensor.ts";
import type { Graph, Node } from "../../onnx/graph.ts";
import { consumers, producers } from "../../onnx/graph-tools.ts";
import { prune } from "../../surgery/cut.ts";

/**
 * The graph with x · (1 + erf(x / √2)) / 2, which exporters write in five nodes, as one Gelu: programs have a step for
 * that, and none for erf. The half may stand at either factor, or behind the product.
 */
export function withGelus(graph: Graph): Graph {
  const gelus = new Map<Node, Node>();
  const parts = new Parts(graph);
  for (const node of graph.nodes) {
    const found = node.opType === "Erf" ? parts.geluAround(node) : undefined;
    if (found) gelus.set(found.last, { ...found.last, opType: "Gelu", inputs: [found.x] });
  }
  if (gelus.size === 0) return graph;
  // The four others have lost their last user.
  return prune({ ...graph, nodes: graph.nodes.map((node) => gelus.get(node) ?? node) });
}

/** `x` times a number. */
interface Scaled {
  readonly x: string;
  readonly factor: number;
}

class Parts {
  readonly #graph: Graph;
  readonly #maker: ReadonlyMap<string, Node>;
  readonly #users: ReadonlyMap<string, readonly Node[]>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#maker = producers(graph);
    this.#users = consumers(graph);
  }

  geluAround(erf: Node): { readonly x: string; readonly last: Node } | undefined {
    const inner = this.#scaled(erf.inputs[0]!);
    const sum = this.#onlyUser(erf);
    if (!inner || !near(inner.factor, Math.SQRT1_2) || sum?.opType !== "Add") return undefined;
    if (this.#number(this.#other(sum, erf.outputs[0]!)) !== 1) return undefined;
    // From here on products: x once, and numbers that come to a half.
    let [last, factor, times] = [sum, 1, 0];
    while (!(times === 1 && near(factor, 0.5))) {
      const product = this.#onlyUser(last);
      if (product?.opType !== "Mul") return undefined;
      const other = this.#other(product, last.outputs[0]!);
      const number = this.#number(other);
      const part = number === undefined ? this.#ofX(other, inner.x) : { x: "", factor: number };
      if (part === undefined) return undefined;
      factor *= part.factor;
      times += part.x === "" ? 0 : 1;
      last = product;
    }
    return { x: inner.x, last };
  }

  /** x itself, or a multiple of it. */
  #ofX(value: string, x: string): Scaled | undefined {
    if (value === x) return { x, factor: 1 };
    const scaled = this.#scaled(value);
    return scaled?.x === x ? scaled : undefined;
  }

  #scaled(value: string): Scaled | undefined {
    const node = this.#maker.get(value);
    if (node?.opType !== "Mul" && node?.opType !== "Div") return undefined;
    const [a, b] = [node.inputs[0]!, node.inputs[1]!];
    const [left, right] = [this.#number(a), this.#number(b)];
    if (right !== undefined) return { x: a, factor: node.opType === "Mul" ? right : 1 / right };
    return left !== undefined && node.opType === "Mul" ? { x: b, factor: left } : undefined;
  }

  #onlyUser(node: Node): Node | undefined {
    const output = node.outputs[0]!;
    const users = this.#users.get(output) ?? [];
    const isOutput = this.#graph.outputs.some(({ name }) => name === output);
    return users.length === 1 && !isOutput ? users[0] : undefined;
  }

  #other({ inputs }: Node, value: string): string {
    return inputs[0] === value ? inputs[1]! : inputs[0]!;
  }

  #number(value: string): number | undefined {
    const tensor = this.#graph.initializers.get(value);
    if (tensor?.dtype !== "float32" || tensor.bytes.length !== 4) return undefined;
    return floats(tensor)[0];
  }
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-4;
}
