import type { Prediction } from "../../index.ts";
import type { Datatype, OutputTensor, TensorMetadata, WantedOutput } from "../contract.ts";

/** An answer as it is sent. */
export interface EncodedAnswer {
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly headers: Record<string, string>;
}

/** The answer to an infer request: its outputs in the order wanted, as JSON or, behind it, as little-endian bytes. */
export function writeInferAnswer(
  model: string,
  id: string | undefined,
  tensors: readonly (OutputTensor & Pick<WantedOutput, "binary">)[],
): EncodedAnswer {
  const outputs = tensors.map(({ name, datatype, shape, values, binary }) => ({
    name,
    datatype,
    shape,
    ...(binary
      ? { parameters: { binary_data_size: values.byteLength } }
      : { data: jsonOf(datatype, values) }),
  }));
  const json = JSON.stringify({ model_name: model, ...(id !== undefined && { id }), outputs });
  const binary = tensors.filter((tensor) => tensor.binary);
  if (binary.length === 0) return { body: json, headers: { "content-type": "application/json" } };
  const head = Buffer.from(json);
  const tails = binary.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return {
    body: Buffer.concat([head, ...tails]),
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
    },
  };
}

/** The tensors that were wanted, one row a prediction. */
export function tensorsOf(
  predictions: readonly Prediction[],
  wanted: readonly WantedOutput[],
  offered: readonly TensorMetadata[],
): (OutputTensor & Pick<WantedOutput, "binary">)[] {
  return wanted.map(({ name, binary }) => {
    const { datatype, shape } = offered.find((output) => output.name === name)!;
    const rows = predictions.map((prediction) => rowOf(prediction, name));
    const values = datatype === "FP32" ? Float32Array.from(rows.flat()) : Uint8Array.from(rows.flat());
    return { name, datatype, shape: [predictions.length, ...shape.slice(1)], values, binary };
  });
}

function rowOf({ probabilities, embedding, strangeness, unknown }: Prediction, output: string): number[] {
  switch (output) {
    case "probabilities":
      return [...probabilities];
    case "embedding":
      return [...embedding];
    case "strangeness":
      return [strangeness!];
    default:
      return [Number(unknown)];
  }
}

function jsonOf(datatype: Datatype, values: Float32Array | Uint8Array): (number | boolean)[] {
  return Array.from<number, number | boolean>(values, datatype === "BOOL" ? Boolean : Number);
}
