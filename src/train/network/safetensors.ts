import { isFields } from "../../core/json.ts";
import { byteSize, type DType, type Tensor } from "../../core/tensor.ts";

/** Named tensors and some text: what a safetensors file holds. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file's bytes, wherever they lie; `read` fails rather than answer fewer than were asked for. */
export interface StoredBytes {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The format's names of element types. */
const typeNames: Partial<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
};
const dtypes = new Map(Object.entries(typeNames).map(([dtype, name]) => [name, dtype as DType]));

/** Bytes of the number that a file begins with: how long its header is. */
const prefix = 8;

type Shaped = Pick<Tensor, "dtype" | "shape">;
interface Place extends Shaped {
  readonly from: number;
  readonly to: number;
}

/**
 * The length of the header in eight bytes and the header itself, JSON, which says what follows: the tensors' bytes, one
 * after the other. Unlike protobuf's, its offsets know no 2 GiB. Source: github.com/huggingface/safetensors.
 */
export function headerOf(
  tensors: ReadonlyMap<string, Shaped>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, object][] = [["__metadata__", metadata]];
  let at = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const type = typeNames[dtype];
    if (type === undefined) throw new TypeError(`safetensors has no ${dtype}, the type of '${name}'`);
    const from = at;
    at += byteSize(dtype, shape);
    entries.push([name, { dtype: type, shape, data_offsets: [from, at] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Padded with spaces, as the format recommends, so that the tensors begin at a multiple of eight.
  const header = new Uint8Array(prefix + Math.ceil(text.length / 8) * 8).fill(0x20, prefix);
  header.set(text, prefix);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - prefix), true);
  return header;
}

/** A file as chunks to be written one after the other; the tensors stand among them as they are, not copied. */
export function writeTensors({ tensors, metadata }: TensorFile): readonly Uint8Array[] {
  return [headerOf(tensors, metadata), ...[...tensors.values()].map(({ bytes }) => bytes)];
}

/**
 * Reads a file, each tensor into memory of its own. Throws what `refuse` makes of the reason where it is none, is cut
 * short, or has bytes left over.
 */
export async function readTensors(file: StoredBytes, refuse: (why: string) => Error): Promise<TensorFile> {
  if (file.size < prefix) throw refuse("it is cut short");
  const first = await file.read(0, prefix);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > file.size - prefix) throw refuse("it is cut short, or no safetensors file");
  const header = parse(await file.read(prefix, length));
  if (header === undefined) throw refuse("its header is no JSON object");
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isFields(metadata) || !isTexts(metadata)) throw refuse("its metadata are no texts");
  const places = new Map<string, Place>();
  let end = 0;
  for (const [name, entry] of Object.entries(entries)) {
    const place = placeOf(entry, end);
    if (place === undefined) throw refuse(`its header contradicts itself about '${name}'`);
    places.set(name, place);
    end = place.to;
  }
  const expected = prefix + length + end;
  if (file.size !== expected) throw refuse(`it has ${file.size} bytes, and its header says ${expected}`);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, from, to }] of places) {
    tensors.set(name, { dtype, shape, bytes: await file.read(prefix + length + from, to - from) });
  }
  return { tensors, metadata };
}

/** Where a tensor lies, if its entry is sound and it follows the one before. */
function placeOf(entry: unknown, after: number): Place | undefined {
  if (!isFields(entry)) return undefined;
  const { dtype: name, shape, data_offsets: offsets } = entry;
  const dtype = typeof name === "string" ? dtypes.get(name) : undefined;
  if (dtype === undefined || !isSizes(shape) || !isSizes(offsets)) return undefined;
  const [from, to, ...more] = offsets;
  if (from !== after || to !== from + byteSize(dtype, shape) || more.length > 0) return undefined;
  return { dtype, shape, from, to };
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every((each) => typeof each === "string");
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
