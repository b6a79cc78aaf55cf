import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { reason, TsugikiError } from "../core/errors.ts";
import { OnnxFormatError } from "./errors.ts";

/** One field of a protobuf message, to be read by the method that fits its declared type. */
export class Field {
  readonly number: number;
  readonly #wireType: WireType;
  readonly #reader: BinaryReader;

  constructor(number: number, wireType: WireType, reader: BinaryReader) {
    this.number = number;
    this.#wireType = wireType;
    this.#reader = reader;
  }

  /** An int64, int32 or enum value. */
  int(): bigint {
    this.#expect(WireType.Varint);
    return BigInt(this.#reader.int64());
  }

  float(): number {
    this.#expect(WireType.Bit32);
    return this.#reader.float();
  }

  /** A view of a bytes field or of a nested message: nothing is copied. */
  bytes(): Uint8Array {
    this.#expect(WireType.LengthDelimited);
    return this.#reader.bytes();
  }

  /** Text; throws where it is not UTF-8. */
  string(): string {
    this.#expect(WireType.LengthDelimited);
    return this.#reader.string(true);
  }

  /** Repeated int64s, whether packed or one a field. */
  ints(into: bigint[]): void {
    if (this.#wireType === WireType.Varint) {
      into.push(this.int());
      return;
    }
    const packed = new BinaryReader(this.bytes());
    while (packed.pos < packed.len) into.push(BigInt(packed.int64()));
  }

  /** Repeated varints, packed or not, as views of their bytes: `decodeVarints` reads them. */
  varints(into: Uint8Array[]): void {
    into.push(this.#wireType === WireType.Varint ? this.#reader.skip(WireType.Varint) : this.bytes());
  }

  /** Repeated floats (width 4) or doubles (8), packed or not, as views of their little-endian bytes. */
  fixed(into: Uint8Array[], width: 4 | 8): void {
    const single = width === 4 ? WireType.Bit32 : WireType.Bit64;
    const bytes = this.#wireType === single ? this.#reader.skip(single) : this.bytes();
    if (bytes.length % width !== 0)
      throw new RangeError(`a list of ${width}-byte numbers takes ${bytes.length} bytes`);
    into.push(bytes);
  }

  #expect(wireType: WireType): void {
    if (this.#wireType !== wireType) {
      throw new RangeError(`field ${this.number} has wire type ${this.#wireType}, not ${wireType}`);
    }
  }
}

/** What to do with each field of a message, by field number. */
export type Fields = Readonly<Record<number, (field: Field) => void>>;

/**
 * Walks over a message's fields. Returns those that `fields` does not name, as they stand (undefined when there are
 * none). Throws OnnxFormatError, with `at` in its evidence, on bytes that are no protobuf message.
 */
export function readMessage(bytes: Uint8Array, at: string, fields: Fields): Uint8Array | undefined {
  const unknown: Uint8Array[] = [];
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const start = reader.pos;
      const [number, wireType] = reader.tag();
      const read = fields[number];
      if (read !== undefined) {
        read(new Field(number, wireType, reader));
      } else {
        reader.skip(wireType, number);
        unknown.push(bytes.subarray(start, reader.pos));
      }
      // A varint is read past the end of the buffer without complaint.
      if (reader.pos > reader.len) throw new RangeError("premature EOF");
    }
  } catch (error) {
    if (error instanceof TsugikiError) throw error;
    throw new OnnxFormatError(
      { what: `The bytes of ${at} cannot be read as ONNX.`, why: `Protobuf: ${reason(error)}.` },
      { at },
      { cause: error },
    );
  }
  return unknown.length === 0 ? undefined : concat(unknown);
}

/** The chunks in one array; a single chunk is handed on as it is. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Number of varints in the chunks: each ends with a byte below 128. */
export function countVarints(chunks: readonly Uint8Array[]): number {
  let count = 0;
  for (const chunk of chunks) for (const byte of chunk) if (byte < 128) count++;
  return count;
}

/** The varints of the chunks, each read by `read`, such as `(reader) => reader.int32()`. */
export function* decodeVarints<T>(
  chunks: readonly Uint8Array[],
  read: (reader: BinaryReader) => T,
): Generator<T> {
  for (const chunk of chunks) {
    const reader = new BinaryReader(chunk);
    while (reader.pos < reader.len) yield read(reader);
  }
}

/** From this size on, bytes are handed on as a chunk of their own instead of being copied. */
const chunkBytes = 4096;

/** Writes a protobuf message as chunks: small ones of its own, between them large byte fields as they were given. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];
  #writer = new BinaryWriter();
  #size = 0;

  int(number: number, value: bigint): this {
    this.#writer.tag(number, WireType.Varint).int64(value);
    return this;
  }

  float(number: number, value: number): this {
    this.#writer.tag(number, WireType.Bit32).float(value);
    return this;
  }

  string(number: number, value: string): this {
    this.#writer.tag(number, WireType.LengthDelimited).string(value);
    return this;
  }

  bytes(number: number, value: Uint8Array): this {
    this.#writer.tag(number, WireType.LengthDelimited).uint32(value.length);
    return this.raw(value);
  }

  /** A nested message, written by `write`. */
  message(number: number, write: (inner: MessageWriter) => void): this {
    const inner = new MessageWriter();
    write(inner);
    const chunks = inner.finish();
    this.#writer.tag(number, WireType.LengthDelimited).uint32(inner.#size);
    for (const chunk of chunks) this.raw(chunk);
    return this;
  }

  /** Bytes that hold whole fields already. */
  raw(bytes: Uint8Array | undefined): this {
    if (bytes === undefined || bytes.length === 0) return this;
    if (bytes.length < chunkBytes) {
      this.#writer.raw(bytes);
    } else {
      this.#flush();
      this.#push(bytes);
    }
    return this;
  }

  finish(): readonly Uint8Array[] {
    this.#flush();
    return this.#chunks;
  }

  #flush(): void {
    this.#push(this.#writer.finish());
  }

  #push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }
}
