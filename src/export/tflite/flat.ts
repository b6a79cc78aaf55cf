import { Builder } from "flatbuffers";

/** Writes a table into a FlatBuffer and answers where it stands. */
export type Part = (builder: Builder) => number;

/** A table's column: writes what lies outside of the table, and answers how its slot is filled. */
export type Field<T> = (builder: Builder, value: T) => () => void;

/** Which of a union's tables, and the table. */
export interface Choice {
  readonly type: number;
  readonly value: Part;
}

type Rows = Readonly<Record<string, Field<never>>>;
type Values<R extends Rows> = { readonly [K in keyof R]?: R[K] extends Field<infer T> ? T : never };

/** Slots that a table is begun with; those left empty at its end are not written. */
const slots = 16;

/** A table: its columns by name, and the values of those that have one. */
export function table<R extends Rows>(rows: R, values: Values<R>): Part {
  return (builder) => {
    // A FlatBuffer's table may hold no other: what it refers to is written first.
    const fill = Object.entries(values).map(([name, value]) => rows[name]!(builder, value as never));
    builder.startObject(slots);
    for (const put of fill) put();
    return builder.endObject();
  };
}

/** The bytes of a FlatBuffer with this root; the identifier stands at byte 4. */
export function finish(root: Part, identifier: string): Uint8Array {
  const builder = new Builder(4096);
  builder.finish(root(builder), identifier);
  return builder.asUint8Array();
}

export const int8 = (id: number) => (b: Builder, value: number) => () => b.addFieldInt8(id, value, 0);
export const flag = (id: number) => (b: Builder, value: boolean) => () =>
  b.addFieldInt8(id, Number(value), 0);
export const float = (id: number) => (b: Builder, value: number) => () => b.addFieldFloat32(id, value, 0);

/** A signed or unsigned integer; the schema's default is not written. */
export function int32(id: number, byDefault = 0): Field<number> {
  return (b, value) => () => b.addFieldInt32(id, value, byDefault);
}

/** A column that says where something stands. */
function outside<T>(id: number, write: (b: Builder, value: T) => number): Field<T> {
  return (b, value) => {
    const at = write(b, value);
    return () => b.addFieldOffset(id, at, 0);
  };
}

/** A vector; FlatBuffers are written from their end, so its last item comes first. */
function vector<T>(b: Builder, items: readonly T[], add: (item: T) => void): number {
  b.startVector(4, items.length, 4);
  for (const item of items.toReversed()) add(item);
  return b.endVector();
}

export const text = (id: number) => outside<string>(id, (b, value) => b.createString(value));
export const child = (id: number) => outside<Part>(id, (b, value) => value(b));
export const ints = (id: number) =>
  outside<readonly number[]>(id, (b, values) => vector(b, values, (value) => b.addInt32(value)));
export const numbers = (id: number) =>
  outside<readonly number[]>(id, (b, values) => vector(b, values, (value) => b.addFloat32(value)));

export const longs = (id: number) =>
  outside<readonly number[]>(id, (b, values) => {
    b.startVector(8, values.length, 8);
    for (const value of values.toReversed()) b.addInt64(BigInt(value));
    return b.endVector();
  });

export function children(id: number): Field<readonly Part[]> {
  return outside(id, (b, parts) => {
    const places = parts.map((part) => part(b));
    return vector(b, places, (place) => b.addOffset(place));
  });
}

/** Bytes that begin at a multiple of 16, as the weights of a file that is mapped into memory must. */
export function bytes16(id: number): Field<Uint8Array> {
  return outside(id, (b, bytes) => {
    b.prep(16, bytes.length);
    return b.createByteVector(bytes);
  });
}

/** A union takes two columns: its type, then its table. */
export function union(id: number): Field<Choice> {
  return (b, { type, value }) => {
    const at = value(b);
    return () => {
      b.addFieldInt8(id, type, 0);
      b.addFieldOffset(id + 1, at, 0);
    };
  };
}
