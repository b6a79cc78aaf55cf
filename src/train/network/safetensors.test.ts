import { expect, test } from "vitest";
import { float32, int64, type Tensor } from "../../core/tensor.ts";
import { headerOf, readTensors, writeTensors } from "./safetensors.ts";

const tensors = new Map<string, Tensor>([
  ["weight", float32([1.5, -2, 3, 4, 5, 6], [2, 3])],
  ["step", int64([7], [])],
  ["empty", float32([], [0, 4])],
]);
const metadata = { note: "spring — 春" };

function stored(bytes: Uint8Array) {
  const read = async (offset: number, length: number) => {
    expect(offset + length, "nothing past the end is asked for").toBeLessThanOrEqual(bytes.length);
    return bytes.slice(offset, offset + length);
  };
  return { size: bytes.length, read };
}

const refuse = (why: string): Error => new Error(`refused: ${why}`);
const whole = (): Buffer => Buffer.concat(writeTensors({ tensors, metadata }));

/** A file with this header, and so many bytes after it. */
function withHeader(header: unknown, after: number): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(after)]);
}

test("the layout is safetensors': a length, JSON with dtype, shape and offsets, then the bytes", () => {
  const bytes = whole();
  const length = Number(bytes.readBigUInt64LE());
  expect((8 + length) % 8).toBe(0);
  expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
    __metadata__: metadata,
    weight: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
    step: { dtype: "I64", shape: [], data_offsets: [24, 32] },
    empty: { dtype: "F32", shape: [0, 4], data_offsets: [32, 32] },
  });
  expect(bytes.readFloatLE(8 + length + 4)).toBe(-2);
});

test("what is written is read again, each tensor in memory of its own", async () => {
  const file = await readTensors(stored(whole()), refuse);
  expect(file.metadata).toEqual(metadata);
  expect([...file.tensors.keys()]).toEqual([...tensors.keys()]);
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const read = file.tensors.get(name)!;
    expect(read).toMatchObject({ dtype, shape });
    expect(Buffer.from(read.bytes)).toEqual(Buffer.from(bytes));
  }
});

test("more than 2 GiB, of one tensor and of all: offsets go on counting", async () => {
  const huge = { dtype: "float32", shape: [3, 2 ** 28] } as const;
  const header = headerOf(new Map([...["a", "b"].map((name) => [name, huge] as const)]), {});
  const asked: number[] = [];
  const file = {
    size: header.length + 2 * 12 * 2 ** 28,
    read: async (offset: number, length: number) => {
      if (offset + length <= header.length) return header.slice(offset, offset + length);
      asked.push(offset - header.length, length);
      return new Uint8Array(0);
    },
  };
  const { tensors: read } = await readTensors(file, refuse);
  expect(read.get("b")).toMatchObject({ shape: huge.shape });
  expect(asked).toEqual([0, 3 * 2 ** 30, 3 * 2 ** 30, 3 * 2 ** 30]);
});

test("cut short anywhere, or with anything left over, it is refused", async () => {
  const bytes = whole();
  for (let length = 0; length < bytes.length; length++) {
    const reading = readTensors(stored(bytes.subarray(0, length)), refuse);
    await expect(reading, `${length} of ${bytes.length} bytes`).rejects.toThrow("refused");
  }
  const longer = Buffer.concat([bytes, Buffer.alloc(1)]);
  await expect(readTensors(stored(longer), refuse)).rejects.toThrow(/has \d+ bytes, and its header says \d+/);
});

const sound = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
test.for<[string, unknown, number]>([
  ["no JSON", "{broken", 0],
  ["no object", "[1]", 0],
  ["metadata that are no texts", { __metadata__: { a: 1 } }, 0],
  ["an unknown type", { a: { ...sound, dtype: "F7" } }, 8],
  ["a negative size", { a: { ...sound, shape: [-2] } }, 8],
  ["a size that is no number", { a: { ...sound, shape: ["2"] } }, 8],
  ["a shape of other bytes", { a: { ...sound, shape: [3] } }, 8],
  ["no offsets", { a: { dtype: "F32", shape: [2] } }, 8],
  ["a gap", { a: { ...sound, data_offsets: [8, 16] } }, 16],
  ["an overlap", { a: sound, b: sound }, 8],
])("a header with %s is refused", async ([, header, after]) => {
  await expect(readTensors(stored(withHeader(header, after)), refuse)).rejects.toThrow("refused");
});
