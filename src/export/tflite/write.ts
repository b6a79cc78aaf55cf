import { assert } from "../../core/assert.ts";
import { float16, floats, type Tensor } from "../../core/tensor.ts";
import { halfOf } from "../../surgery/float16.ts";
import type { Program } from "../channels-last/program.ts";
import { probabilitiesOutput } from "../classifier.ts";
import { imageInput } from "../network.ts";
import { finish, type Part, table } from "./flat.ts";
import { type About, classifierMetadata } from "./metadata.ts";
import { dequantize, type Operator, operatorOf } from "./operators.ts";
import * as schema from "./schema.ts";
import { withArchive } from "./stored-zip.ts";

export interface TfliteOptions extends About {
  readonly weights: "float32" | "float16";
  /** Class names in the order of the probabilities. */
  readonly labels: readonly string[];
}

/** The names by which apps ask for a classifier's file of class names. */
const labelsFile = "labels.txt";

/**
 * A classifier as a .tflite file: it takes one picture, float32 [1, height, width, 3] of 0 to 255, and answers
 * probabilities [1, classes]. With its class names, as TFLite Metadata has them. Throws RangeError for a program
 * whose inputs or outputs are not one each.
 */
export function writeTflite(program: Program, options: TfliteOptions): Uint8Array {
  const [input, output] = [program.inputs[0], program.outputs[0]];
  if (input === undefined || output === undefined || program.inputs.length + program.outputs.length > 2) {
    throw new RangeError(`A classifier has one input and one output: '${program.name}' has others.`);
  }
  const file = new TfliteFile(program, options.weights === "float16");
  for (const step of program.steps) file.add(operatorOf(step, file.shapeOf), step.output);
  const names = [imageInput, probabilitiesOutput] as const;
  file.attach("TFLITE_METADATA", classifierMetadata(options, names, labelsFile));
  const model = file.finish(
    options.description ?? options.name,
    { [names[0]]: input },
    { [names[1]]: output },
  );
  // A class name of two lines would shift all behind it.
  const labels = options.labels.map((label) => label.replaceAll(/[\r\n]+/g, " ")).join("\n");
  return withArchive(model, [{ name: labelsFile, bytes: new TextEncoder().encode(labels) }]);
}

/** Smaller constants are not worth a DEQUANTIZE each. */
const worthwhile = 64;
/** The bits of a half-precision word that hold its exponent: all set beyond the largest number, none below 2^-14. */
const exponent = 0x7c00;

/** The tensor in half precision, unless it is small or would lose its numbers: beyond 65,504, or all below 2^-14. */
function halved(tensor: Tensor): Tensor | undefined {
  const values = floats(tensor);
  if (values.length < worthwhile) return undefined;
  // A loop: `Uint16Array.from` takes several times as long for millions of weights.
  const words = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) words[i] = halfOf(values[i]!);
  const beyond = words.some((word) => (word & exponent) === exponent);
  const kept = words.some((word) => (word & exponent) > 0) || values.every((value) => value === 0);
  return kept && !beyond ? float16(words, tensor.shape) : undefined;
}

/** What a file's single subgraph gathers; a tensor is known by its index from the first time it is named. */
class TfliteFile {
  readonly #program: Program;
  readonly #half: boolean;
  /** The first buffer is empty: it is that of tensors which hold no constant. */
  readonly #buffers: Part[] = [table(schema.Buffer, {})];
  readonly #tensors: Part[] = [];
  readonly #operators: Part[] = [];
  readonly #metadata: Part[] = [];
  /** Index of a value or constant by name. */
  readonly #indices = new Map<string, number>();
  /** Operator codes in the order of their first use, by code and version. */
  readonly #codes = new Map<string, Pick<Operator, "builtin" | "version">>();

  constructor(program: Program, half: boolean) {
    this.#program = program;
    this.#half = half;
  }

  readonly shapeOf = (name: string): readonly number[] => {
    const known = this.#program.values.get(name) ?? this.#program.constants.get(name);
    assert(known, `the program has no value '${name}'`);
    return known.shape;
  };

  add({ builtin, version, inputs, options }: Operator, output: string): void {
    const key = `${builtin.code} ${version}`;
    const from = inputs.map((one) =>
      typeof one === "string" ? this.#index(one) : this.#constant(`${output}/constant`, one),
    );
    const to = this.#index(output);
    if (!this.#codes.has(key)) this.#codes.set(key, { builtin, version });
    const code = [...this.#codes.keys()].indexOf(key);
    const rows = { code, inputs: from, outputs: [to], ...(options && { options }) };
    this.#operators.push(table(schema.Operator, rows));
  }

  /** Bytes that the file carries under a name. */
  attach(name: string, bytes: Uint8Array): void {
    this.#metadata.push(table(schema.Metadata, { name, buffer: this.#buffer(bytes) }));
  }

  /** The file; inputs and outputs are values by the names that callers know them by. */
  finish(
    description: string,
    inputs: Readonly<Record<string, string>>,
    outputs: Readonly<Record<string, string>>,
  ): Uint8Array {
    this.attach("min_runtime_version", this.#minRuntimeVersion());
    const indices = (names: Readonly<Record<string, string>>) =>
      Object.entries(names).map(([name, value]) => ({ name, tensor: this.#index(value) }));
    const [fed, answered] = [indices(inputs), indices(outputs)];
    const subgraph = table(schema.SubGraph, {
      tensors: this.#tensors,
      inputs: fed.map(({ tensor }) => tensor),
      outputs: answered.map(({ tensor }) => tensor),
      operators: this.#operators,
      name: "main",
    });
    const signature = table(schema.Signature, {
      inputs: fed.map((one) => table(schema.TensorMap, one)),
      outputs: answered.map((one) => table(schema.TensorMap, one)),
      key: "serving_default",
      subgraph: 0,
    });
    const root = table(schema.Model, {
      version: schema.version,
      operatorCodes: [...this.#codes.values()].map(({ builtin: { code }, version }) =>
        table(schema.OperatorCode, { deprecatedCode: Math.min(code, schema.placeholder), version, code }),
      ),
      subgraphs: [subgraph],
      description,
      buffers: this.#buffers,
      metadata: this.#metadata,
      signatures: [signature],
    });
    return finish(root, schema.identifier);
  }

  #buffer(data: Uint8Array): number {
    return this.#buffers.push(table(schema.Buffer, { data })) - 1;
  }

  #tensor(name: string, type: keyof typeof schema.TensorType, shape: readonly number[], buffer = 0): number {
    const row = { shape, type: schema.TensorType[type], buffer, name, hasRank: true };
    return this.#tensors.push(table(schema.Tensor, row)) - 1;
  }

  #constant(name: string, { dtype, shape, bytes }: Tensor): number {
    assert(dtype === "float32" || dtype === "float16" || dtype === "int32", `no ${dtype} in a .tflite`);
    return this.#tensor(name, dtype, shape, this.#buffer(bytes));
  }

  /** The index of a value or constant, which the file has from now on. */
  #index(name: string): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const { values, constants } = this.#program;
    const [value, constant] = [values.get(name), constants.get(name)];
    assert(value ?? constant, `the program has no value '${name}'`);
    const half = this.#half && constant?.dtype === "float32" ? halved(constant) : undefined;
    if (half !== undefined) {
      // Its float32 is a value then, made where it is first needed.
      const stored = `${name}/float16`;
      this.#indices.set(stored, this.#constant(stored, half));
      this.#indices.set(name, this.#tensor(name, "float32", half.shape));
      this.add(dequantize(stored), name);
    } else {
      const { dtype, shape } = value ?? { dtype: "float32" as const, shape: [] };
      this.#indices.set(name, constant ? this.#constant(name, constant) : this.#tensor(name, dtype, shape));
    }
    return this.#indices.get(name)!;
  }

  /** The oldest runtime that knows all operators, in the 16 bytes that the official converter gives it. */
  #minRuntimeVersion(): Uint8Array {
    const since = [...this.#codes.values()].map(({ builtin, version }) => builtin.since[version - 1]!);
    const rank = (text: string) => text.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);
    const newest = since.reduce((a, b) => (rank(b) > rank(a) ? b : a), "1.5.0");
    const bytes = new Uint8Array(16);
    new TextEncoder().encodeInto(newest, bytes);
    return bytes;
  }
}
