import { bitsPerElement, byteSize, type DType, sizeOf, type Tensor, toInt } from "../core/tensor.ts";
import { dtypeOf } from "./dtypes.ts";
import { OnnxFormatError } from "./errors.ts";
import { concat, countVarints, decodeVarints, readMessage } from "./wire.ts";

/** Hands over `length` bytes (all up to the end when undefined) from `offset` of a file beside the model. */
export type ExternalData = (location: string, offset: number, length: number | undefined) => Uint8Array;

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** What stood in the message, before it is known which of it counts. */
interface Parts {
  name: string;
  dataType: number;
  raw: Uint8Array | undefined;
  external: boolean;
  readonly dims: bigint[];
  readonly floats: Uint8Array[];
  readonly doubles: Uint8Array[];
  readonly ints: Uint8Array[];
  readonly strings: string[];
  readonly location: Map<string, string>;
}

function fail(at: string, what: string, why: string): never {
  throw new OnnxFormatError(
    {
      what: `${at}: ${what}`,
      why,
      next: "The file is damaged or its exporter is faulty: download or export it again.",
    },
    { at },
  );
}

/** Reads a TensorProto; its elements stay a view of `bytes` wherever the file stores them as raw bytes or as floats. */
export function readTensor(bytes: Uint8Array, at: string, externalData?: ExternalData): NamedTensor {
  const parts: Parts = {
    name: "",
    dataType: 0,
    raw: undefined,
    external: false,
    dims: [],
    floats: [],
    doubles: [],
    ints: [],
    strings: [],
    location: new Map(),
  };
  readMessage(bytes, at, {
    1: (field) => field.ints(parts.dims),
    2: (field) => {
      parts.dataType = toInt(field.int());
    },
    3: () => fail(at, "the tensor is split into segments.", "No exporter in use writes these."),
    4: (field) => field.fixed(parts.floats, 4),
    5: (field) => field.varints(parts.ints),
    6: (field) => parts.strings.push(field.string()),
    7: (field) => field.varints(parts.ints),
    8: (field) => {
      parts.name = field.string();
    },
    9: (field) => {
      parts.raw = field.bytes();
    },
    10: (field) => field.fixed(parts.doubles, 8),
    11: (field) => field.varints(parts.ints),
    13: (field) => readEntry(field.bytes(), at, parts.location),
    14: (field) => {
      parts.external = field.int() === 1n;
    },
  });
  const where = parts.name === "" ? at : `tensor '${parts.name}'`;
  const dtype = dtypeOf(parts.dataType);
  if (dtype === undefined) fail(where, `unknown element type ${parts.dataType}.`, "Known are 1 to 23.");
  const shape = parts.dims.map((dim) => checkedDim(dim, where));
  if (!Number.isSafeInteger(sizeOf(shape)))
    fail(where, `shape [${shape}] is too large.`, "No file holds so much.");
  if (dtype === "string") return { name: parts.name, tensor: stringTensor(parts, shape, where) };
  const data = elements(parts, dtype, shape, where, externalData);
  const expected = byteSize(dtype, shape);
  if (data.length !== expected) {
    fail(where, `${data.length} bytes of data.`, `${dtype}[${shape}] takes ${expected} bytes.`);
  }
  return { name: parts.name, tensor: { dtype, shape, bytes: data } };
}

/** Reads a StringStringEntryProto into the map. */
export function readEntry(bytes: Uint8Array, at: string, into: Map<string, string>): void {
  const entry = { key: "", value: "" };
  readMessage(bytes, at, {
    1: (field) => {
      entry.key = field.string();
    },
    2: (field) => {
      entry.value = field.string();
    },
  });
  into.set(entry.key, entry.value);
}

function checkedDim(dim: bigint, where: string): number {
  const size = Number(dim);
  if (size < 0 || !Number.isSafeInteger(size))
    fail(where, `dimension ${dim}.`, "Sizes lie between 0 and 2^53 - 1.");
  return size;
}

function stringTensor(parts: Parts, shape: readonly number[], where: string): Tensor {
  if (parts.strings.length !== sizeOf(shape)) {
    fail(where, `${parts.strings.length} strings.`, `string[${shape}] takes ${sizeOf(shape)}.`);
  }
  return { dtype: "string", shape, bytes: new Uint8Array(0), strings: parts.strings };
}

function elements(
  parts: Parts,
  dtype: DType,
  shape: readonly number[],
  where: string,
  externalData: ExternalData | undefined,
): Uint8Array {
  if (parts.external) return externalElements(parts, byteSize(dtype, shape), where, externalData);
  if (parts.raw !== undefined) return parts.raw;
  if (dtype === "float32" || dtype === "complex64") return concat(parts.floats);
  if (dtype === "float64" || dtype === "complex128") return concat(parts.doubles);
  return integerBytes(parts.ints, dtype, byteSize(dtype, shape), where);
}

/** Narrow types are stored one to an int32; 4-bit types as the bytes that hold two of them. */
function integerBytes(
  chunks: readonly Uint8Array[],
  dtype: DType,
  expected: number,
  where: string,
): Uint8Array {
  const width = Math.max(1, bitsPerElement(dtype) / 8);
  const count = countVarints(chunks);
  // Before the allocation: a few bytes may claim any shape.
  if (count * width !== expected)
    fail(where, `${count} elements.`, `${dtype} of this shape takes ${expected / width}.`);
  const data = new Uint8Array(expected);
  const view = new DataView(data.buffer);
  if (width === 8) {
    let at = 0;
    for (const value of decodeVarints(chunks, (reader) => BigInt(reader.int64()))) {
      view.setBigInt64(at, value, true);
      at += 8;
    }
    return data;
  }
  let at = 0;
  for (const value of decodeVarints(chunks, (reader) => reader.int32())) {
    if (width < 4 && (value < -(2 ** (width * 8 - 1)) || value >= 2 ** (width * 8))) {
      fail(where, `element ${at / width} is ${value}.`, `It does not fit ${dtype}.`);
    }
    if (width === 4) view.setInt32(at, value, true);
    else if (width === 2) view.setUint16(at, value, true);
    else view.setUint8(at, value);
    at += width;
  }
  return data;
}

function externalElements(
  { location }: Parts,
  expected: number,
  where: string,
  externalData: ExternalData | undefined,
): Uint8Array {
  const file = location.get("location") ?? "";
  const offset = Number(location.get("offset") ?? 0);
  const length = location.has("length") ? Number(location.get("length")) : expected;
  if (file === "") fail(where, "its data lies in another file.", "The model does not say in which.");
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== expected) {
    fail(where, `bytes ${offset} to ${offset + length} of ${file}.`, `The tensor takes ${expected} bytes.`);
  }
  if (externalData === undefined) {
    throw new OnnxFormatError(
      {
        what: `${where}: its data lies in the file '${file}' beside the model.`,
        next: "Load the model by its path with `loadModel`, or pass `externalData` to `readModel`.",
      },
      { at: where },
    );
  }
  return externalData(file, offset, length);
}
