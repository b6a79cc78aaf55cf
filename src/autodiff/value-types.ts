import type { DType } from "../core/tensor.ts";
import type { Graph, Shape, TensorType, ValueInfo } from "../onnx/graph.ts";

/** What is known of a graph's values. */
export class ValueTypes {
  readonly #graph: Graph;
  readonly #declared: ReadonlyMap<string, ValueInfo>;

  constructor(graph: Graph) {
    this.#graph = graph;
    const ends = [...graph.inputs, ...graph.outputs].map((each): [string, ValueInfo] => [each.name, each]);
    this.#declared = new Map([...ends, ...graph.values]);
  }

  shape(value: string): Shape | undefined {
    return this.#graph.initializers.get(value)?.shape ?? this.#type(value)?.shape;
  }

  /** Sizes of the axes from `from` on; undefined where one of them, or the rank, is not known. */
  sizes(value: string, from = 0): readonly number[] | undefined {
    const shape = this.shape(value)?.slice(from);
    const sizes = shape?.filter((dim) => typeof dim === "number");
    return sizes?.length === shape?.length ? sizes : undefined;
  }

  dtype(value: string): DType | undefined {
    return this.#graph.initializers.get(value)?.dtype ?? this.#type(value)?.dtype;
  }

  #type(value: string): TensorType | undefined {
    const type = this.#declared.get(value)?.type;
    return type?.kind === "tensor" ? type : undefined;
  }
}
