import fc from "fast-check";
import { expect, test } from "vitest";
import { maskedCrc32c } from "./crc32c.ts";
import { RecordError } from "./errors.ts";
import { EventWriter, eventFileName } from "./tensorboard.ts";

function written(use: (events: EventWriter) => void, clock = () => 1_700_000_000_500): Buffer {
  const chunks: Uint8Array[] = [];
  use(new EventWriter((bytes) => chunks.push(bytes), clock));
  return Buffer.concat(chunks);
}

/** The bodies of a file's TFRecords, both checksums of each checked. */
function records(file: Buffer): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(maskedCrc32c(file.subarray(at, at + 8)));
    const body = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(body));
    bodies.push(body);
    at += 16 + length;
  }
  return bodies;
}

/** A protobuf message's fields, read by hand: varints as bigint, the rest as bytes. */
function fields(message: Buffer): Map<number, bigint | Buffer> {
  const found = new Map<number, bigint | Buffer>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const type = key & 7;
    if (type === 0) {
      found.set(key >> 3, varint());
      continue;
    }
    const length = type === 1 ? 8 : type === 5 ? 4 : Number(varint());
    found.set(key >> 3, message.subarray(at, at + length));
    at += length;
  }
  return found;
}

function part(message: Map<number, bigint | Buffer>, field: number): Buffer {
  const value = message.get(field);
  if (!Buffer.isBuffer(value)) throw new Error(`field ${field} is missing`);
  return value;
}

test("byte for byte what tensorboard 2.21's own protobuf classes and RecordWriter write", () => {
  const file = written((events) => {
    events.scalar("val/loss", 300, 0.25);
    events.text("notes", 0, "接ぎ木 **ok**");
  });
  expect(file.toString("hex")).toBe(
    "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110" +
      "1f00000000000000514b44180900002040fc54d94110ac022a110a0f0a0876616c2f6c6f7373150000803ec3d3d062" +
      "3800000000000000a3797d570900002040fc54d9412a2d0a2b0a056e6f7465734216080712004210" +
      "e68ea5e3818ee69ca8202a2a6f6b2a2a4a0a0a060a04746578742002f2f2e150",
  );
});

test("scalars read back by hand: tag, step, time and float32 value", () => {
  const point = fc.record({
    tag: fc.string({ minLength: 1, unit: "grapheme" }),
    step: fc.maxSafeNat(),
    value: fc.double(),
    milliseconds: fc.nat(4e12),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 20 }), (points) => {
      let now = 0;
      const file = written(
        (events) => {
          for (const { tag, step, value, milliseconds } of points) {
            now = milliseconds;
            events.scalar(tag, step, value);
          }
        },
        () => now,
      );
      const [version, ...rest] = records(file).map(fields);
      expect(part(version!, 3).toString()).toBe("brain.Event:2");
      const read = rest.map((message) => {
        const value = fields(part(fields(part(message, 5)), 1));
        return {
          tag: part(value, 1).toString(),
          step: Number(message.get(2) ?? 0n),
          value: part(value, 2).readFloatLE(),
          milliseconds: Math.round(part(message, 1).readDoubleLE() * 1000),
        };
      });
      expect(read).toEqual(points.map((given) => ({ ...given, value: Math.fround(given.value) })));
    }),
    { seed: 20260 },
  );
});

test("the version stands in the file before the first point", () => {
  expect(records(written(() => {}))).toHaveLength(1);
});

test("a step that is no whole number and a tag without text are refused", () => {
  const scalar = (tag: string, step: number) => () => written((events) => events.scalar(tag, step, 1));
  expect(scalar("loss", 1.5)).toThrowErrorMatchingInlineSnapshot(
    `[RecordError: TensorBoard cannot place the tag 'loss' at step 1.5: a tag is a text that is not empty, a step a whole number from 0 upwards. Count steps or epochs in whole numbers.]`,
  );
  for (const step of [-1, Number.NaN, 2 ** 53]) expect(scalar("loss", step)).toThrow(RecordError);
  expect(scalar("", 1)).toThrow(RecordError);
});

test("file names sort by time and say tfevents", () => {
  expect(eventFileName(1_700_000_000_999)).toBe("events.out.tfevents.1700000000.tsugiki");
});
