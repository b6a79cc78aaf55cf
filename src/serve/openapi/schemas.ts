const text = { type: "string" };
const number = { type: "number" };
const flag = { type: "boolean" };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const list = (items: object) => ({ type: "array", items });
const parameters = { type: "object" };

/** An object whose properties are all there, but those named as optional. */
function object(properties: Record<string, object>, optional: readonly string[] = []) {
  return {
    type: "object",
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  };
}

const shape = list({ type: "integer" });
const tensor = { name: text, datatype: { enum: ["UINT8", "FP32", "BOOL"] }, shape };
const data = {
  type: "array",
  description: "The elements row by row, flat or nested as the shape",
  items: { anyOf: [number, flag, { type: "array" }] },
};
const ranked = list(ref("Ranked"));
const prediction = {
  label: text,
  probability: number,
  top: ranked,
  labels: { ...ranked, description: "Of several labels at once: those that hold" },
  unknown: { ...flag, description: "Whether it is none of the classes" },
  strangeness: number,
  threshold: { ...number, description: "Unknown above it" },
  set: { ...ranked, description: "Of a coverage: the classes that it may be" },
};
const sometimes = ["labels", "unknown", "strangeness", "threshold", "set"];

/** The bodies of requests and answers. */
export const schemas = {
  Error: object({ error: text }),
  ServerMetadata: object({ name: text, version: text, extensions: list(text) }),
  Live: object({ live: flag }),
  Ready: object({ ready: flag }),
  ModelReady: object({ name: text, ready: flag }),
  TensorMetadata: object(tensor),
  ModelMetadata: object({
    name: text,
    platform: text,
    inputs: list(ref("TensorMetadata")),
    outputs: list(ref("TensorMetadata")),
    parameters: object({ labels: list(text), multi_label: flag }),
  }),
  InferRequest: object(
    {
      id: text,
      parameters,
      inputs: {
        ...list(object({ ...tensor, parameters, data }, ["parameters", "data"])),
        minItems: 1,
        maxItems: 1,
      },
      outputs: list(object({ name: text, parameters }, ["parameters"])),
    },
    ["id", "parameters", "outputs"],
  ),
  InferAnswer: object(
    {
      model_name: text,
      id: text,
      outputs: list(object({ ...tensor, parameters, data }, ["parameters", "data"])),
    },
    ["id"],
  ),
  Ranked: object({ label: text, probability: number }),
  Prediction: object({ model: text, ...prediction }, sometimes),
  FormPredictions: object({
    model: text,
    predictions: list(object({ file: text, ...prediction }, sometimes)),
  }),
};
