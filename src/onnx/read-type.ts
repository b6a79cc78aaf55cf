import { toInt } from "../core/tensor.ts";
import { dtypeOf } from "./dtypes.ts";
import type { Dim, OpaqueType, TensorType, ValueInfo } from "./graph.ts";
import { readMessage } from "./wire.ts";

/** Reads a ValueInfoProto. */
export function readValueInfo(bytes: Uint8Array, at: string): ValueInfo {
  const found: { type?: Uint8Array } = {};
  let name = "";
  const extra = readMessage(bytes, at, {
    1: (field) => {
      name = field.string();
    },
    2: (field) => {
      found.type = field.bytes();
    },
  });
  const type = found.type === undefined ? undefined : readType(found.type, at);
  return { name, type, ...(extra && { extra }) };
}

/** Reads a TypeProto; what is no tensor of a known element type stays opaque. */
function readType(bytes: Uint8Array, at: string): TensorType | OpaqueType {
  const found: { tensor?: Uint8Array; shape?: Uint8Array; number: number } = { number: 0 };
  const extra = readMessage(bytes, at, {
    1: (field) => {
      found.tensor = field.bytes();
    },
  });
  if (found.tensor === undefined) return { kind: "opaque", bytes };
  const rest = readMessage(found.tensor, at, {
    1: (field) => {
      found.number = toInt(field.int());
    },
    2: (field) => {
      found.shape = field.bytes();
    },
  });
  const dtype = dtypeOf(found.number);
  if (dtype === undefined || rest !== undefined) return { kind: "opaque", bytes };
  const shape = found.shape === undefined ? undefined : readShape(found.shape, at);
  return { kind: "tensor", dtype, shape, ...(extra && { extra }) };
}

function readShape(bytes: Uint8Array, at: string): Dim[] {
  const dims: Dim[] = [];
  readMessage(bytes, at, {
    1: (field) => {
      const dim: { value?: Dim } = {};
      readMessage(field.bytes(), at, {
        1: (size) => {
          const value = toInt(size.int());
          // Exporters write -1 for what they do not know.
          if (value >= 0) dim.value = value;
        },
        2: (symbol) => {
          dim.value = symbol.string() || undefined;
        },
      });
      dims.push(dim.value);
    },
  });
  return dims;
}
