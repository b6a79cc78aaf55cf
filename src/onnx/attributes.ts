import { type Tensor, toInt } from "../core/tensor.ts";
import { AttributeError } from "./errors.ts";
import type { Attribute, Graph, Node } from "./graph.ts";

/** An attribute as plain JavaScript; undefined leaves it out. */
export type AttributeValue =
  | number
  | bigint
  | string
  | readonly (number | bigint)[]
  | readonly string[]
  | Tensor
  | Graph
  | Attribute
  | undefined;

/** A float attribute, also where the value is integral: `{ epsilon: float(1) }`. Rounded to single precision. */
export function float(value: number): Attribute {
  return { type: "float", value: Math.fround(value) };
}

/** A list of floats, also where all values are integral: `{ scales: floats([1, 1, 2, 2]) }`. */
export function floats(values: readonly number[]): Attribute {
  return { type: "floats", value: values.map(Math.fround) };
}

/** An attribute from a plain value: integral numbers become ints, others floats; an empty list is one of ints. */
export function attributeOf(value: Exclude<AttributeValue, undefined>): Attribute {
  if (typeof value === "bigint") return { type: "int", value };
  if (typeof value === "string") return { type: "string", value };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { type: "int", value: BigInt(value) } : float(value);
  }
  if (isList(value)) return listAttribute(value);
  if ("type" in value) return value;
  return "nodes" in value ? { type: "graph", value } : { type: "tensor", value };
}

// Array.isArray does not narrow a readonly array away in the other branch.
function isList(value: object): value is readonly (number | bigint)[] | readonly string[] {
  return Array.isArray(value);
}

function listAttribute(list: readonly (number | bigint | string)[]): Attribute {
  const strings = list.filter((item) => typeof item === "string");
  if (strings.length > 0) return { type: "strings", value: strings };
  const numbers = list.filter((item) => typeof item !== "string");
  const integral = numbers.every((item) => typeof item === "bigint" || Number.isSafeInteger(item));
  return integral
    ? { type: "ints", value: numbers.map((item) => BigInt(item)) }
    : floats(numbers.map(Number));
}

type Kind = Attribute["type"];
type Of<K extends Kind> = Extract<Attribute, { type: K }>;

function isKind<K extends Kind>(attribute: Attribute, kind: K): attribute is Of<K> {
  return attribute.type === kind;
}

function find<K extends Kind>(node: Node, name: string, kind: K): Of<K> | undefined {
  const attribute = node.attributes.get(name);
  if (attribute === undefined || isKind(attribute, kind)) return attribute;
  throw new AttributeError(
    {
      what: `${describe(node)}: attribute '${name}' must be of type ${kind}, not ${attribute.type}.`,
      next: "The file breaks the operator's specification: export the model again, or check it with onnx.checker.",
    },
    { node: node.name, attribute: name, expected: kind, actual: attribute.type },
  );
}

/** How messages call a node: "Conv 'conv1' (output 'conv1_out')". */
export function describe(node: Node): string {
  const output = node.outputs.find((name) => name !== "");
  const label = node.name === "" ? "" : ` '${node.name}'`;
  return output === undefined || output === node.name
    ? `${node.opType}${label}`
    : `${node.opType}${label} (output '${output}')`;
}

// One overload with a default that is always there, one where absence means something to the operator.
/** An int attribute, held to ±(2^53 - 1). Throws AttributeError when it has another type. */
export function intAttr(node: Node, name: string, otherwise: number): number;
export function intAttr(node: Node, name: string): number | undefined;
export function intAttr(node: Node, name: string, otherwise?: number): number | undefined {
  const found = find(node, name, "int");
  return found === undefined ? otherwise : toInt(found.value);
}

/** A list of ints. Throws AttributeError when the attribute has another type. */
export function intsAttr(node: Node, name: string, otherwise: readonly number[]): readonly number[];
export function intsAttr(node: Node, name: string): readonly number[] | undefined;
export function intsAttr(
  node: Node,
  name: string,
  otherwise?: readonly number[],
): readonly number[] | undefined {
  return find(node, name, "ints")?.value.map(toInt) ?? otherwise;
}

/** A float. Throws AttributeError when the attribute has another type. */
export function floatAttr(node: Node, name: string, otherwise: number): number;
export function floatAttr(node: Node, name: string): number | undefined;
export function floatAttr(node: Node, name: string, otherwise?: number): number | undefined {
  return find(node, name, "float")?.value ?? otherwise;
}

/** A list of floats. Throws AttributeError when the attribute has another type. */
export function floatsAttr(node: Node, name: string, otherwise: readonly number[]): readonly number[];
export function floatsAttr(node: Node, name: string): readonly number[] | undefined;
export function floatsAttr(
  node: Node,
  name: string,
  otherwise?: readonly number[],
): readonly number[] | undefined {
  return find(node, name, "floats")?.value ?? otherwise;
}

/** A string. Throws AttributeError when the attribute has another type. */
export function stringAttr(node: Node, name: string, otherwise: string): string;
export function stringAttr(node: Node, name: string): string | undefined;
export function stringAttr(node: Node, name: string, otherwise?: string): string | undefined {
  return find(node, name, "string")?.value ?? otherwise;
}

/** A tensor. Throws AttributeError when the attribute has another type. */
export function tensorAttr(node: Node, name: string): Tensor | undefined {
  return find(node, name, "tensor")?.value;
}

type PlainValue = number | string | readonly number[] | readonly string[] | Tensor | Graph;

/**
 * A node's attributes by name, ints as numbers (held to ±(2^53 - 1)). Opaque ones are left out: no operator that Tsugiki
 * reads has any.
 */
export function attrs(node: Node): Readonly<Record<string, PlainValue>> {
  const plain: Record<string, PlainValue> = Object.create(null);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === "int") plain[name] = toInt(attribute.value);
    else if (attribute.type === "ints") plain[name] = attribute.value.map(toInt);
    else if (attribute.type !== "opaque") plain[name] = attribute.value;
  }
  return plain;
}
