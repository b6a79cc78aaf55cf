import { toInt } from "../core/tensor.ts";
import type { Attribute } from "./graph.ts";
import { type Context, readGraph } from "./read-graph.ts";
import { readTensor } from "./read-tensor.ts";
import { type Field, readMessage } from "./wire.ts";

type Kind = Exclude<Attribute["type"], "opaque">;

/** `AttributeProto.AttributeType`: the number that stands for each kind in a file. */
export const attributeTypes: Readonly<Record<Kind, number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
};

/** Reads an AttributeProto and its name. Files of format 1 leave the type out: the field that is set tells it. */
export function readAttribute(bytes: Uint8Array, at: string, context: Context): [string, Attribute] {
  const found: Found = { name: "", declared: 0, present: 0, referred: false, float: 0, int: 0n };
  const floats: Uint8Array[] = [];
  const ints: bigint[] = [];
  const strings: Uint8Array[] = [];
  const value = (kind: Kind, read: (field: Field) => void) => (field: Field) => {
    read(field);
    found.present = attributeTypes[kind];
  };
  const extra = readMessage(bytes, `${at}.attribute`, {
    1: (field) => {
      found.name = field.string();
    },
    2: value("float", (field) => {
      found.float = field.float();
    }),
    3: value("int", (field) => {
      found.int = field.int();
    }),
    4: value("string", (field) => {
      found.string = field.bytes();
    }),
    5: value("tensor", (field) => {
      found.tensor = field.bytes();
    }),
    6: value("graph", (field) => {
      found.graph = field.bytes();
    }),
    7: value("floats", (field) => field.fixed(floats, 4)),
    8: value("ints", (field) => field.ints(ints)),
    9: value("strings", (field) => strings.push(field.bytes())),
    20: (field) => {
      found.declared = toInt(field.int());
    },
    21: (field) => {
      found.referred = field.string() !== "";
    },
  });
  const where = `${at}.attribute '${found.name}'`;
  const attribute = found.referred
    ? undefined
    : interpret({ ...found, floats, ints, strings }, where, context);
  if (attribute === undefined) return [found.name, { type: "opaque", bytes }];
  return [found.name, { ...attribute, ...(extra && { extra }) }];
}

/** What stood in the message, before its type tells which of it counts. */
interface Found {
  name: string;
  declared: number;
  present: number;
  /** Names an attribute of the function around it instead of a value. */
  referred: boolean;
  float: number;
  int: bigint;
  string?: Uint8Array;
  tensor?: Uint8Array;
  graph?: Uint8Array;
}

interface Lists {
  readonly floats: readonly Uint8Array[];
  readonly ints: readonly bigint[];
  readonly strings: readonly Uint8Array[];
}

/** undefined: a kind that Tsugiki carries through unread. */
function interpret(found: Found & Lists, where: string, context: Context): Attribute | undefined {
  switch (found.declared || found.present) {
    case attributeTypes.float:
      return { type: "float", value: found.float };
    case attributeTypes.int:
      return { type: "int", value: found.int };
    case attributeTypes.string:
      return textAttribute(found.string);
    case attributeTypes.tensor:
      return (
        found.tensor && {
          type: "tensor",
          value: readTensor(found.tensor, where, context.externalData).tensor,
        }
      );
    case attributeTypes.graph:
      return found.graph && { type: "graph", value: readGraph(found.graph, where, context) };
    case attributeTypes.floats:
      return { type: "floats", value: floatList(found.floats) };
    case attributeTypes.ints:
      return { type: "ints", value: found.ints };
    case attributeTypes.strings:
      return textsAttribute(found.strings);
    default:
      return undefined;
  }
}

function floatList(chunks: readonly Uint8Array[]): number[] {
  return chunks.flatMap((chunk) => {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return Array.from({ length: chunk.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
  });
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Strings may hold any bytes: those that are no text stay opaque. */
function textAttribute(bytes: Uint8Array | undefined): Attribute | undefined {
  const value = bytes === undefined ? "" : decode(bytes);
  return value === undefined ? undefined : { type: "string", value };
}

function textsAttribute(list: readonly Uint8Array[]): Attribute | undefined {
  const value = list.map(decode);
  return value.every((text) => text !== undefined) ? { type: "strings", value } : undefined;
}
