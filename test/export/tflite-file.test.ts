import { text as readText } from "node:stream/consumers";
import { ByteBuffer } from "flatbuffers";
import { expect, test } from "vitest";
import { fromBufferPromise } from "yauzl";
import { float32 } from "../../src/core/tensor.ts";
import type { Program } from "../../src/export/channels-last/program.ts";
import { type TfliteOptions, writeTflite } from "../../src/export/tflite/write.ts";
import { EngineError } from "../../src/runtime/errors.ts";
import { loadLitert } from "../../src/runtime/litert-node.ts";

const options: TfliteOptions = {
  weights: "float32",
  labels: ["花", "two\nlines", "dog, wet"],
  name: "garden",
  description: "What grows there.",
  licence: "CC-BY-4.0",
  author: "Ada",
};

const weights = Float32Array.from({ length: 3 * 48 }, (_, i) => Math.sin(i));
const program: Program = {
  name: "net",
  inputs: ["x"],
  outputs: ["y"],
  values: new Map([
    ["x", { dtype: "float32", shape: [1, 4, 4, 3] }],
    ["flat", { dtype: "float32", shape: [1, 48] }],
    ["bent", { dtype: "float32", shape: [1, 48] }],
    ["y", { dtype: "float32", shape: [1, 3] }],
  ]),
  constants: new Map([
    ["weights", float32(weights, [3, 48])],
    ["bias", float32([1, 2, 3])],
    ["never used", float32([4])],
  ]),
  steps: [
    { op: "reshape", output: "flat", input: "x" },
    { op: "gelu", output: "bent", input: "flat" },
    {
      op: "fullyConnected",
      output: "y",
      input: "bent",
      weights: "weights",
      bias: "bias",
      activation: "none",
    },
  ],
};

/** A table of a FlatBuffer, its columns by number; the tests' own numbers, read from the schemas. */
class Table {
  readonly #bb: ByteBuffer;
  readonly #at: number;

  constructor(bb: ByteBuffer, at: number) {
    this.#bb = bb;
    this.#at = at;
  }

  static root(bytes: Uint8Array): Table {
    const bb = new ByteBuffer(bytes);
    return new Table(bb, bb.readInt32(0));
  }

  #place(id: number): number {
    const offset = this.#bb.__offset(this.#at, 4 + 2 * id);
    return offset && this.#at + offset;
  }
  #vector<T>(id: number, read: (at: number) => T): T[] {
    const place = this.#place(id);
    if (place === 0) return [];
    const first = this.#bb.__vector(place);
    return Array.from({ length: this.#bb.__vector_len(place) }, (_, i) => read(first + 4 * i));
  }
  text(id: number): string | undefined {
    const place = this.#place(id);
    return place === 0 ? undefined : String(this.#bb.__string(place));
  }
  int(id: number): number {
    const place = this.#place(id);
    return place === 0 ? 0 : this.#bb.readInt32(place);
  }
  byte(id: number): number {
    const place = this.#place(id);
    return place === 0 ? 0 : this.#bb.readInt8(place);
  }
  table(id: number): Table {
    return new Table(this.#bb, this.#bb.__indirect(this.#place(id)));
  }
  tables(id: number): Table[] {
    return this.#vector(id, (at) => new Table(this.#bb, this.#bb.__indirect(at)));
  }
  floats(id: number): number[] {
    return this.#vector(id, (at) => this.#bb.readFloat32(at));
  }
  ints(id: number): number[] {
    return this.#vector(id, (at) => this.#bb.readInt32(at));
  }
  /** Where bytes begin in the file, and the bytes. */
  bytes(id: number): { at: number; bytes: Uint8Array } {
    const place = this.#place(id);
    if (place === 0) return { at: 0, bytes: new Uint8Array() };
    const at = this.#bb.__vector(place);
    return { at, bytes: this.#bb.bytes().subarray(at, at + this.#bb.__vector_len(place)) };
  }
}

const identifierOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(4, 8));

function attached(model: Table): Map<string | undefined, Uint8Array> {
  const buffers = model.tables(4);
  return new Map(model.tables(6).map((entry) => [entry.text(0), buffers[entry.int(1)]!.bytes(0).bytes]));
}

test("the file is a model of version 3 with one subgraph, one signature and aligned weights", () => {
  const file = writeTflite(program, options);
  expect(identifierOf(file)).toBe("TFL3");
  const model = Table.root(file);
  expect(model.int(0)).toBe(3);
  expect(model.text(3)).toBe("What grows there.");
  const buffers = model.tables(4).map((buffer) => buffer.bytes(0));
  expect(buffers[0]!.bytes).toHaveLength(0);
  for (const { at } of buffers) expect(at % 16).toBe(0);
  expect(model.tables(2)).toHaveLength(1);
  const [subgraph] = model.tables(2);
  const names = subgraph!.tables(0).map((tensor) => tensor.text(3));
  expect(names).toEqual(["x", "flat/constant", "flat", "bent", "weights", "bias", "y"]);
  expect(subgraph!.ints(1).map((index) => names[index])).toEqual(["x"]);
  expect(subgraph!.ints(2).map((index) => names[index])).toEqual(["y"]);
  // Operators past the old column's byte are marked in it: GELU is 150.
  const codes = model.tables(1).map((code) => [code.byte(0), code.int(3)]);
  expect(codes).toEqual([
    [22, 22],
    [127, 150],
    [9, 9],
  ]);
  const [signature] = model.tables(7);
  expect(signature!.text(2)).toBe("serving_default");
  expect(signature!.tables(0).map((one) => [one.text(0), names[one.int(1)]])).toEqual([["image", "x"]]);
  expect(signature!.tables(1).map((one) => [one.text(0), names[one.int(1)]])).toEqual([
    ["probabilities", "y"],
  ]);
});

test("the oldest runtime that knows all operators is said", () => {
  const version = attached(Table.root(writeTflite(program, options))).get("min_runtime_version");
  expect(version).toHaveLength(16);
  expect(new TextDecoder().decode(version).replaceAll("\0", "")).toBe("2.9.0");
});

test("the metadata say what the model takes, answers and is", () => {
  const bytes = attached(Table.root(writeTflite(program, options))).get("TFLITE_METADATA")!;
  expect(identifierOf(bytes)).toBe("M001");
  const about = Table.root(bytes);
  expect([0, 1, 2, 4, 5, 7].map((id) => about.text(id))).toEqual([
    "garden",
    "What grows there.",
    "1",
    "Ada",
    "CC-BY-4.0",
    "1.0.0",
  ]);
  const [subgraph] = about.tables(3);
  const [input, ...noMore] = subgraph!.tables(2);
  expect(noMore).toEqual([]);
  expect(input!.text(0)).toBe("image");
  // An ImageProperties, RGB; a NormalizationOptions that does nothing.
  expect(input!.table(3).byte(0)).toBe(2);
  expect(input!.table(3).table(1).byte(0)).toBe(1);
  const [unit] = input!.tables(4);
  expect([unit!.byte(0), unit!.table(1).floats(0), unit!.table(1).floats(1)]).toEqual([1, [0], [1]]);
  expect([input!.table(5).floats(0), input!.table(5).floats(1)]).toEqual([[255], [0]]);
  const [answer] = subgraph!.tables(3);
  expect(answer!.text(0)).toBe("probabilities");
  const [labels] = answer!.tables(6);
  expect([labels!.text(0), labels!.byte(2)]).toEqual(["labels.txt", 2]);
});

test("what is not known of a model is not said", () => {
  const { weights, labels, name } = options;
  const file = writeTflite(program, { weights, labels, name });
  const about = Table.root(attached(Table.root(file)).get("TFLITE_METADATA")!);
  expect([1, 4, 5].map((id) => about.text(id))).toEqual([undefined, undefined, undefined]);
});

test("the class names lie behind the model, one a line", async () => {
  const zip = await fromBufferPromise(Buffer.from(writeTflite(program, options)));
  const files: [string, string][] = [];
  for await (const entry of zip.eachEntry()) {
    files.push([entry.fileName, await readText(await zip.openReadStreamPromise(entry))]);
  }
  expect(files).toEqual([["labels.txt", "花\ntwo lines\ndog, wet"]]);
});

test("in half precision only large weights that it can hold are stored", () => {
  const stored = (constants: Float32Array) => {
    const changed = new Map(program.constants).set("weights", float32(constants, [3, 48]));
    const file = writeTflite({ ...program, constants: changed }, { ...options, weights: "float16" });
    const [subgraph] = Table.root(file).tables(2);
    return subgraph!
      .tables(0)
      .filter((tensor) => tensor.byte(1) === 1)
      .map((tensor) => tensor.text(3));
  };
  expect(stored(weights)).toEqual(["weights/float16"]);
  expect(stored(weights.map((value) => value * 1e6))).toEqual([]);
  expect(stored(weights.map((value) => value * 1e-8))).toEqual([]);
  expect(stored(weights.map(() => 0))).toEqual(["weights/float16"]);
});

test("the same program gives the same bytes", () => {
  expect(writeTflite(program, options)).toEqual(writeTflite(program, options));
});

test("a program with two inputs is no classifier", () => {
  const two = { ...program, inputs: ["x", "flat"] };
  expect(() => writeTflite(two, options)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: A classifier has one input and an output: 'net' has others.]`,
  );
});

test("LiteRT's refusals are EngineErrors: no model, and a picture of another size", async () => {
  await expect(loadLitert(new Uint8Array(64))).rejects.toThrow(EngineError);
  const model = await loadLitert(writeTflite(program, options));
  await expect(model.run(new Float32Array(27), [1, 3, 3, 3])).rejects.toThrow(EngineError);
  await expect(model.run(new Float32Array(27), [1, 4, 4, 3])).rejects.toThrow(EngineError);
  expect(await model.run(new Float32Array(48), [1, 4, 4, 3])).toEqual(Float32Array.of(1, 2, 3));
  model.release();
});

test("LiteRT goes on with rubbish after an error that it only logs: that is an error too", async () => {
  const narrow = new Map(program.constants).set("weights", float32(weights.slice(0, 141), [3, 47]));
  const model = await loadLitert(writeTflite({ ...program, constants: narrow }, options));
  await expect(model.run(new Float32Array(48), [1, 4, 4, 3])).rejects.toThrow("Failed to allocate tensors");
  model.release();
});

test("what LiteRT is lent of a browser is taken back", () => {
  for (const name of ["self", "importScripts", "Module", "ModuleFactory"])
    expect(globalThis).not.toHaveProperty(name);
});
