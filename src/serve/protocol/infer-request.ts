import { type Fields, isFields } from "../../core/json.ts";
import type { Pixels } from "../../index.ts";
import type { Limits, TensorMetadata, WantedOutput } from "../contract.ts";
import { refusal } from "../errors.ts";
import { pixelsTensor } from "../models.ts";
import { pixelsOfJson } from "./tensor-data.ts";

/** What an infer request asks. */
export interface InferRequest {
  readonly id?: string;
  /** The rows of `pixels`, views on the body where it holds them as bytes. */
  readonly pictures: readonly Pixels[];
  readonly outputs: readonly WantedOutput[];
}

/**
 * Reads an infer request of the Open Inference Protocol (kserve/open-inference-protocol, inference_rest.md). `jsonLength` is
 * that of the binary tensor data extension, its header Inference-Header-Content-Length: so many bytes of the body are JSON,
 * and the tensor stands behind them. Throws RefusedError (400, 413) for all that does not fit `offered`, the model's outputs.
 */
export function readInferRequest(
  body: Uint8Array,
  jsonLength: string | undefined,
  offered: readonly TensorMetadata[],
  limits: Pick<Limits, "pictures" | "pixels">,
): InferRequest {
  const end = jsonLength === undefined ? body.length : Number(jsonLength);
  if (!/^\d{1,15}$/.test(jsonLength ?? "0") || end > body.length)
    throw refusal(400, "Inference-Header-Content-Length is not the length of the JSON in front of the body.");
  const request = parse(body.subarray(0, end));
  const binary = jsonLength === undefined ? undefined : body.subarray(end);
  const { id, inputs, outputs, parameters } = request;
  if (id !== undefined && typeof id !== "string") throw refusal(400, "`id` is not a text.");
  const byDefault = flag(parametersOf(parameters, "the request"), "binary_data_output") ?? false;
  return {
    ...(id !== undefined && { id }),
    pictures: readInput(inputs, body.length, binary, limits),
    outputs: readOutputs(outputs, offered, byDefault),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parse(bytes: Uint8Array): Fields {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw refusal(400, "The request is not JSON.");
  }
  if (!isFields(value)) throw refusal(400, "The request is not a JSON object.");
  return value;
}

function readInput(
  inputs: unknown,
  bodyLength: number,
  binary: Uint8Array | undefined,
  limits: Pick<Limits, "pictures" | "pixels">,
): Pixels[] {
  const [input, ...others] = Array.isArray(inputs) ? (inputs as unknown[]) : [];
  if (!isFields(input) || others.length > 0 || input.name !== pixelsTensor.name)
    throw refusal(400, `\`inputs\` is not a list of one tensor, "${pixelsTensor.name}".`);
  const { datatype, shape, data } = input;
  if (datatype !== pixelsTensor.datatype)
    throw refusal(400, "The datatype of pixels is not UINT8.", "Give red, green and blue from 0 to 255.");
  const [rows, height, width] = checkedShape(shape, limits);
  const stated = parametersOf(input.parameters, "pixels").binary_data_size;
  const row = height * width * 3;
  const size = rows * row;
  const misfit = (): Error =>
    refusal(400, `pixels of [${rows}, ${height}, ${width}, 3] do not take what the body holds.`);
  // A shape may say anything; no room is made for more than came.
  if (size > bodyLength) throw misfit();
  if (stated === undefined && binary !== undefined && binary.length > 0)
    throw refusal(400, "Bytes stand behind the JSON, and no input has a `binary_data_size`.");
  if (stated !== undefined && (data !== undefined || binary === undefined))
    throw refusal(
      400,
      "An input with `binary_data_size` has no `data`, and its bytes stand behind the JSON.",
      "Send the header Inference-Header-Content-Length.",
    );
  const bytes = stated === undefined ? pixelsOfJson(data, [rows, height, width, 3]) : binary;
  if (bytes?.length !== size || (stated !== undefined && stated !== size)) throw misfit();
  return Array.from({ length: rows }, (_, i) => ({
    width,
    height,
    data: bytes.subarray(i * row, (i + 1) * row),
  }));
}

/** Rows, height and width of pixels, each at least 1 and none above its limit. */
function checkedShape(
  shape: unknown,
  limits: Pick<Limits, "pictures" | "pixels">,
): readonly [rows: number, height: number, width: number] {
  const sides: unknown[] = Array.isArray(shape) ? shape : [];
  const isSide = (side: unknown): side is number => Number.isSafeInteger(side) && (side as number) >= 1;
  const [rows, height, width, channels] = sides;
  if (sides.length !== 4 || channels !== 3 || !isSide(rows) || !isSide(height) || !isSide(width))
    throw refusal(400, "The shape of pixels is not [N, H, W, 3] of whole numbers from 1.");
  if (rows > limits.pictures) throw refusal(413, `A request brings at most ${limits.pictures} pictures.`);
  if (height * width > limits.pixels) throw refusal(413, `A picture has at most ${limits.pixels} pixels.`);
  return [rows, height, width];
}

function readOutputs(
  wanted: unknown,
  offered: readonly TensorMetadata[],
  byDefault: boolean,
): readonly WantedOutput[] {
  if (wanted === undefined || (Array.isArray(wanted) && wanted.length === 0))
    return offered.map(({ name }) => ({ name, binary: byDefault }));
  if (!Array.isArray(wanted)) throw refusal(400, "`outputs` is not a list.");
  const names = offered.map(({ name }) => name);
  if (wanted.length > names.length) throw refusal(400, "More outputs are wanted than there are.");
  const outputs = (wanted as unknown[]).map((output) => {
    const name = isFields(output) && names.find((each) => each === output.name);
    if (!name) throw refusal(400, `An output is wanted that is none of ${names.join(", ")}.`);
    const binary = flag(parametersOf((output as Fields).parameters, name), "binary_data");
    return { name, binary: binary ?? byDefault };
  });
  if (new Set(outputs.map(({ name }) => name)).size < outputs.length)
    throw refusal(400, "An output is wanted twice.");
  return outputs;
}

function parametersOf(parameters: unknown, of: string): Fields {
  if (parameters === undefined) return {};
  if (!isFields(parameters)) throw refusal(400, `The parameters of ${of} are not a JSON object.`);
  return parameters;
}

function flag(parameters: Fields, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === "boolean") return value;
  throw refusal(400, `\`${name}\` is neither true nor false.`);
}
