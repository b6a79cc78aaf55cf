import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { byteSize, type DType, float32, int64, type Tensor } from "../core/tensor.ts";
import { attributeOf, floats } from "./attributes.ts";
import { GraphBuilder } from "./builder.ts";
import { dtypeOf } from "./dtypes.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Attribute, Dim, Graph, Model, Node, ValueInfo } from "./graph.ts";
import { readModel } from "./read.ts";
import { MessageWriter } from "./wire.ts";
import { writeModel, writeModelChunks } from "./write.ts";

const seed = 20240607;

const dtypes = Array.from({ length: 23 }, (_, i) => dtypeOf(i + 1)).filter((dtype) => dtype !== undefined);
const text = fc.string({ unit: "binary", maxLength: 12 });
const nameText = text.map((value) => `v${value}`);
const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const single = fc.float({ noDefaultInfinity: false });

function tensorOf(dtype: DType, shape: readonly number[]): fc.Arbitrary<Tensor> {
  const size = byteSize(dtype, shape);
  const count = shape.reduce((a, b) => a * b, 1);
  if (dtype === "string") {
    return fc
      .array(text, { minLength: count, maxLength: count })
      .map((strings) => ({ dtype, shape, bytes: new Uint8Array(0), strings }));
  }
  return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => ({ dtype, shape, bytes }));
}

const tensor = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) => tensorOf(dtype, shape));

/** Fields with numbers that no message of ONNX uses. */
const extra = fc
  .array(fc.tuple(fc.integer({ min: 500, max: 999 }), fc.uint8Array({ maxLength: 9 })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((fields) => {
    const writer = new MessageWriter();
    for (const [number, bytes] of fields) writer.bytes(number, bytes);
    return new Uint8Array(writer.finish()[0] ?? []);
  });

/** Sometimes with the unknown fields, sometimes without: the key is absent then, as the reader leaves it. */
function withExtra<T extends object>(value: fc.Arbitrary<T>): fc.Arbitrary<T & { extra?: Uint8Array }> {
  return fc
    .tuple(value, fc.option(extra, { nil: undefined }))
    .map(([item, bytes]) => (bytes ? { ...item, extra: bytes } : item));
}

const dim: fc.Arbitrary<Dim> = fc.oneof(fc.nat(), nameText, fc.constant(undefined));
const type: fc.Arbitrary<ValueInfo["type"]> = fc.oneof(
  fc.constant(undefined),
  withExtra(
    fc.record({
      kind: fc.constant("tensor" as const),
      dtype: fc.constantFrom(...dtypes),
      shape: fc.option(fc.array(dim, { maxLength: 4 }), { nil: undefined }),
    }),
  ),
  // TypeProto.sequence_type (4) and so on: kept as it is.
  fc.uint8Array({ maxLength: 9 }).map((bytes) => ({
    kind: "opaque" as const,
    bytes: new Uint8Array(new MessageWriter().bytes(4, bytes).finish()[0] ?? []),
  })),
);

function attribute(depth: number): fc.Arbitrary<Attribute> {
  const plain: fc.Arbitrary<Attribute>[] = [
    fc.record({ type: fc.constant("int" as const), value: int }),
    fc.record({ type: fc.constant("ints" as const), value: fc.array(int, { maxLength: 4 }) }),
    fc.record({ type: fc.constant("float" as const), value: single }),
    fc.record({ type: fc.constant("floats" as const), value: fc.array(single, { maxLength: 4 }) }),
    fc.record({ type: fc.constant("string" as const), value: text }),
    fc.record({ type: fc.constant("strings" as const), value: fc.array(text, { maxLength: 3 }) }),
    fc.record({ type: fc.constant("tensor" as const), value: tensor }),
  ];
  if (depth > 0)
    plain.push(fc.record({ type: fc.constant("graph" as const), value: graph(depth - 1, `b${depth}`) }));
  return withExtra(fc.oneof(...plain));
}

/** Nodes in a chain, each using values made before it, names unique through the prefix. */
function graph(depth: number, prefix: string): fc.Arbitrary<Graph> {
  const nodeParts = fc.array(
    withExtra(
      fc.record({
        name: text,
        opType: text,
        domain: text.filter((value) => value !== "ai.onnx"),
        picks: fc.array(fc.nat(), { maxLength: 3 }),
        outputs: fc.integer({ min: 0, max: 2 }),
        attributes: fc.uniqueArray(fc.tuple(text, attribute(depth)), {
          selector: ([key]) => key,
          maxLength: 3,
        }),
      }),
    ),
    { maxLength: 4 },
  );
  return withExtra(
    fc
      .record({
        name: text,
        nodes: nodeParts,
        inputs: fc.array(withExtra(fc.record({ type })), { maxLength: 3 }),
        initializers: fc.array(tensor, { maxLength: 3 }),
        values: fc.uniqueArray(withExtra(fc.record({ name: nameText, type })), {
          selector: (value) => value.name,
          maxLength: 3,
        }),
      })
      .map((parts) => {
        const inputs = parts.inputs.map((input, i) => ({ ...input, name: `${prefix}in${i}` }));
        const initializers = new Map(parts.initializers.map((item, i) => [`${prefix}w${i}`, item]));
        const made = ["", ...inputs.map((input) => input.name), ...initializers.keys()];
        const nodes = parts.nodes.map(({ picks, outputs, attributes, ...node }, i): Node => {
          const chosen = picks.map((pick) => made[pick % made.length] ?? "");
          const names = Array.from({ length: outputs }, (_, j) => `${prefix}n${i}_${j}`);
          made.push(...names);
          return { ...node, inputs: chosen, outputs: names, attributes: new Map(attributes) };
        });
        const outputs = made.slice(1, 3).map((name) => ({ name, type: undefined }));
        const values = new Map(parts.values.map((value) => [value.name, value]));
        return { name: parts.name, nodes, inputs, outputs, initializers, values };
      }),
  );
}

const model: fc.Arbitrary<Model> = withExtra(
  fc.record({
    irVersion: fc.nat(20),
    opsets: fc
      .dictionary(
        text.filter((value) => value !== "ai.onnx"),
        fc.nat(30),
        { maxKeys: 3 },
      )
      .map((opsets) => new Map(Object.entries(opsets))),
    producer: text,
    graph: graph(2, "g"),
    metadata: fc.dictionary(text, text, { maxKeys: 3 }).map((metadata) => new Map(Object.entries(metadata))),
  }),
);

test("any model survives writing and reading, and is written to the same bytes again", () => {
  fc.assert(
    fc.property(model, (value) => {
      const bytes = writeModel(value);
      const back = readModel(bytes);
      expect(back).toEqual(value);
      expect(writeModel(back)).toEqual(bytes);
    }),
    { seed, numRuns: 400 },
  );
});

/** A small model with every kind of attribute and a subgraph, for being damaged. */
function smallModel(): Model {
  const body = new GraphBuilder({ opset: 18, name: "body", captures: ["x"] });
  body.output(body.op("Relu", ["x"], {}, { outputs: ["inner"] }));
  const builder = new GraphBuilder({ opset: 18, name: "small" });
  const x = builder.input("x", "float32", ["N", 2]);
  const w = builder.initializer("w", float32([1, 2, 3, 4], [2, 2]));
  const y = builder.op("Gemm", [x, w], {
    alpha: 0.5,
    transB: 1,
    tags: ["a", "b"],
    note: "hi",
    scales: floats([1]),
  });
  const condition = builder.constant({ dtype: "bool", shape: [], bytes: Uint8Array.of(1) });
  const z = builder.op("If", [condition], { then_branch: body.graph(), axes: [1, 2], value: int64([7]) });
  builder.output(builder.op("Add", [y, z]), "float32", ["N", 2]);
  return builder.model({ metadata: { labels: "a,b" } });
}

/** Reads damaged bytes: the only error allowed is ours, and what is read can be written and read again. */
function readDamaged(bytes: Uint8Array, note: string): void {
  let read: Model;
  try {
    read = readModel(bytes);
  } catch (error) {
    expect(error, note).toBeInstanceOf(OnnxFormatError);
    return;
  }
  expect(readModel(writeModel(read)), note).toEqual(read);
}

test("a model cut short at any byte is refused or read, never more", () => {
  const bytes = writeModel(smallModel());
  for (let length = 0; length < bytes.length; length++)
    readDamaged(bytes.subarray(0, length), `first ${length} bytes`);
});

test("flipped bytes never crash or hang the reader", () => {
  const bytes = writeModel(smallModel());
  const rng = random(seed);
  for (let run = 0; run < 20_000; run++) {
    const damaged = bytes.slice();
    for (let flips = 1 + rng.int(3); flips > 0; flips--) damaged[rng.int(bytes.length)] = rng.int(256);
    readDamaged(damaged, `seed ${seed}, run ${run}`);
  }
});

test("large weights stand among the chunks as they are", () => {
  const weights = float32(new Float32Array(10_000));
  const builder = new GraphBuilder({ opset: 18 });
  builder.output(builder.op("Relu", [builder.initializer("w", weights)]));
  const chunks = writeModelChunks(builder.model());
  expect(chunks).toContain(weights.bytes);
  expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBeLessThan(weights.bytes.length + 200);
});

test("weights are read as views of the file", () => {
  const bytes = writeModel(smallModel());
  expect(readModel(bytes).graph.initializers.get("w")?.bytes.buffer).toBe(bytes.buffer);
});

test("a Buffer is read as plain bytes", () => {
  const read = readModel(Buffer.from(writeModel(smallModel())));
  expect(read).toEqual(smallModel());
});

test("attributes of a plain list are ints, floats or strings", () => {
  expect(attributeOf([1, 2])).toEqual({ type: "ints", value: [1n, 2n] });
  expect(attributeOf([1, 0.5])).toEqual({ type: "floats", value: [1, 0.5] });
  expect(attributeOf(["a"])).toEqual({ type: "strings", value: ["a"] });
});
