import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { maskedCrc32c } from "./crc32c.ts";
import { RecordError } from "./errors.ts";

// Field numbers of tensorboard/compat/proto/{event,summary,tensor,tensor_shape}.proto.
const event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const summaryValue = { tag: 1, simpleValue: 2, tensor: 8, metadata: 9 } as const;
const summaryMetadata = { pluginData: 1, dataClass: 4 } as const;
const tensorProto = { dtype: 1, shape: 2, stringVal: 8 } as const;
const dtString = 7;
const dataClassTensor = 2;

/** A file name that TensorBoard takes for an event file: it looks for "tfevents" and reads them in order of their names. */
export function eventFileName(milliseconds: number): string {
  return `events.out.tfevents.${String(Math.floor(milliseconds / 1000)).padStart(10, "0")}.tsugiki`;
}

/**
 * Writes what TensorBoard reads: TFRecords of `Event` messages, the file's version first. `write` gets whole records in
 * order; `clock` gives milliseconds since 1970, as Date.now does. Each record leaves at once, so that a run can be
 * watched while it goes.
 */
export class EventWriter {
  private readonly write: (bytes: Uint8Array) => void;
  private readonly clock: () => number;

  constructor(write: (bytes: Uint8Array) => void, clock: () => number) {
    this.write = write;
    this.clock = clock;
    this.record((message) =>
      message.tag(event.fileVersion, WireType.LengthDelimited).string("brain.Event:2"),
    );
  }

  /** One point of the curve `tag`, kept as float32; NaN and infinities are drawn as such. Throws RecordError. */
  scalar(tag: string, step: number, value: number): void {
    this.summary(tag, step, (message) => {
      // Beyond float32's range the protobuf writer throws; a loss that overflowed is still a point to see.
      message.tag(summaryValue.simpleValue, WireType.Bit32).float(Math.fround(value));
    });
  }

  /** A text in Markdown, on TensorBoard's Text tab. Throws RecordError. */
  text(tag: string, step: number, markdown: string): void {
    this.summary(tag, step, (message) => {
      message.tag(summaryValue.tensor, WireType.LengthDelimited).fork();
      message.tag(tensorProto.dtype, WireType.Varint).int32(dtString);
      // An empty shape: a scalar, so one string.
      message.tag(tensorProto.shape, WireType.LengthDelimited).fork().join();
      message.tag(tensorProto.stringVal, WireType.LengthDelimited).string(markdown);
      message.join();
      message.tag(summaryValue.metadata, WireType.LengthDelimited).fork();
      message.tag(summaryMetadata.pluginData, WireType.LengthDelimited).fork();
      message.tag(1, WireType.LengthDelimited).string("text").join();
      message.tag(summaryMetadata.dataClass, WireType.Varint).int32(dataClassTensor);
      message.join();
    });
  }

  private summary(tag: string, step: number, fill: (value: BinaryWriter) => void): void {
    if (tag === "" || !Number.isSafeInteger(step) || step < 0) {
      throw new RecordError(
        {
          what: `TensorBoard cannot place the tag '${tag}' at step ${step}:`,
          why: "a tag is a text that is not empty, a step a whole number from 0 upwards.",
          next: "Count steps or epochs in whole numbers.",
        },
        {},
      );
    }
    this.record((message) => {
      if (step !== 0) message.tag(event.step, WireType.Varint).int64(step);
      message.tag(event.summary, WireType.LengthDelimited).fork();
      message.tag(1, WireType.LengthDelimited).fork();
      message.tag(summaryValue.tag, WireType.LengthDelimited).string(tag);
      fill(message);
      message.join().join();
    });
  }

  /** TFRecord: length (uint64), its masked CRC, the message, its masked CRC; all little-endian. */
  private record(fill: (message: BinaryWriter) => void): void {
    const message = new BinaryWriter();
    message.tag(event.wallTime, WireType.Bit64).double(this.clock() / 1000);
    fill(message);
    const body = message.finish();
    const bytes = new Uint8Array(body.length + 16);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(body.length), true);
    view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
    bytes.set(body, 12);
    view.setUint32(12 + body.length, maskedCrc32c(body), true);
    this.write(bytes);
  }
}
