import { int32, type Tensor } from "../../core/tensor.ts";
import { freshName } from "../../surgery/join.ts";

/** An attribute as TensorFlow's protobuf messages are written in JSON: 64-bit integers as text, strings in base64. */
export type Attr =
  | { readonly type: "DT_FLOAT" | "DT_INT32" }
  | { readonly b: boolean }
  | { readonly f: number }
  | { readonly i: string }
  | { readonly s: string }
  | { readonly shape: { readonly dim: readonly { readonly size: string }[] } }
  | { readonly list: { readonly i?: readonly string[]; readonly s?: readonly string[] } };

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, Attr>>;
}

export const float: Attr = { type: "DT_FLOAT" };

/** Only ASCII is ever written. */
function base64(text: string): string {
  return btoa(text);
}

export const textAttr = (text: string): Attr => ({ s: base64(text) });
export const textsAttr = (texts: readonly string[]): Attr => ({ list: { s: texts.map(base64) } });
export const intsAttr = (values: readonly number[]): Attr => ({ list: { i: values.map(String) } });
export const shapeAttr = (shape: readonly number[]) => ({
  shape: { dim: shape.map((size) => ({ size: String(size) })) },
});

/** Nodes and weights of a graph as it is written. */
export class GraphDef {
  readonly nodes: NodeDef[] = [];
  readonly weights = new Map<string, Tensor>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** These names are the graph's interface, and stay as they are. */
  constructor(interfaceNames: Iterable<string>) {
    for (const name of interfaceNames) {
      this.#names.set(name, name);
      this.#taken.add(name);
    }
  }

  /** The node of a value: TensorFlow allows letters, digits and _ . - / in names, ":" counts outputs. */
  name(value: string): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = this.#fresh(value);
    this.#names.set(value, name);
    return name;
  }

  node(op: string, input: readonly string[], attr: NodeDef["attr"] = {}, name = this.#fresh(op)): string {
    this.nodes.push({ name, op, ...(input.length > 0 && { input }), attr: { T: float, ...attr } });
    return name;
  }

  constant(tensor: Tensor, name = this.#fresh("const")): string {
    const dtype: Attr = { type: tensor.dtype === "int32" ? "DT_INT32" : "DT_FLOAT" };
    this.nodes.push({ name, op: "Const", attr: { dtype } });
    this.weights.set(name, tensor);
    return name;
  }

  /** Sizes, axes and the like, which TensorFlow takes as inputs. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant(int32(values, shape));
  }

  #fresh(hint: string): string {
    const plain = hint.replace(/[^A-Za-z0-9_.\-/]/g, "_").replace(/^[^A-Za-z0-9.]/, "n$&") || "n";
    const name = freshName(this.#taken, plain);
    this.#taken.add(name);
    return name;
  }
}
