import { answer, modelOf } from "../answer.ts";
import { classifyAll } from "../classify.ts";
import { refusal } from "../errors.ts";
import { failures } from "../openapi/parts.ts";
import { tensorsOf, writeInferAnswer } from "../protocol/infer-answer.ts";
import { readInferRequest } from "../protocol/infer-request.ts";
import { send } from "../send.ts";
import type { RequestContext, Route, ServerState } from "../state.ts";

const lengthHeader = "inference-header-content-length";

/** Open Inference Protocol: tensors in, tensors out. */
export function inferRoutes(state: ServerState): Route[] {
  const content = (schema: string) => ({
    "application/json": { schema: { $ref: `#/components/schemas/${schema}` } },
    "application/octet-stream": {
      schema: {
        type: "string",
        format: "binary",
        description: "The JSON, then the tensors as little-endian bytes",
      },
    },
  });
  const length = {
    schema: { type: "integer", minimum: 0 },
    description: "Bytes of JSON in front of the tensors",
  };
  return [
    {
      method: "post",
      path: "/v2/models/{name}/infer",
      operation: {
        summary: "Classifies pixels, row by row",
        parameters: [{ name: "Inference-Header-Content-Length", in: "header", ...length }],
        requestBody: { required: true, content: content("InferRequest") },
        responses: {
          200: {
            description: "The outputs wanted",
            headers: { "Inference-Header-Content-Length": length },
            content: content("InferAnswer"),
          },
          ...failures(400, 403, 404, 413, 415, 422, 503, 504),
        },
      },
      handle: (context) => infer(context, state),
    },
  ];
}

async function infer(context: RequestContext, state: ServerState): Promise<Response> {
  const model = modelOf(context, state);
  const jsonLength = context.req.header(lengthHeader);
  checkType(context.req.header("content-type"), jsonLength);
  return answer(context, state, async (body, signal) => {
    const request = readInferRequest(body, jsonLength, model.outputs, state.limits);
    const predictions = await classifyAll(model, request.pictures, {}, state, signal);
    const tensors = tensorsOf(predictions, request.outputs, model.outputs);
    const encoded = writeInferAnswer(model.name, request.id, tensors);
    return send(context, encoded.body, encoded.headers);
  });
}

/** Clients of the binary extension send any type of content, or none. */
function checkType(type: string | undefined, jsonLength: string | undefined): void {
  const name = type?.replace(/;.*/s, "").trim().toLowerCase();
  const isBinary = jsonLength !== undefined && name === "application/octet-stream";
  if (name === undefined || name === "application/json" || isBinary) return;
  throw refusal(
    415,
    "An infer request is application/json, or application/octet-stream with Inference-Header-Content-Length.",
  );
}
