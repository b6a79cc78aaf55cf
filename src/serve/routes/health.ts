import { version } from "../../index.ts";
import { modelOf } from "../answer.ts";
import { pixelsTensor } from "../models.ts";
import { failures, json } from "../openapi/parts.ts";
import type { Route, ServerState } from "../state.ts";

/** Open Inference Protocol: whether the server and its models are there, and what they are. */
export function healthRoutes(state: ServerState): Route[] {
  const readiness = () => (state.isStopping() ? 503 : 200);
  return [
    {
      method: "get",
      path: "/v2",
      operation: {
        summary: "What the server is",
        responses: { 200: json("Its name, version and extensions", "ServerMetadata") },
      },
      handle: (context) => context.json({ name: "tsugiki", version, extensions: ["binary_tensor_data"] }),
    },
    {
      method: "get",
      path: "/v2/health/live",
      operation: { summary: "Whether the server runs", responses: { 200: json("It does", "Live") } },
      handle: (context) => context.json({ live: true }),
    },
    {
      method: "get",
      path: "/v2/health/ready",
      operation: {
        summary: "Whether the server takes requests; no more once it is stopping",
        responses: { 200: json("It does", "Ready"), 503: json("It is stopping", "Ready") },
      },
      handle: (context) => context.json({ ready: !state.isStopping() }, readiness()),
    },
    {
      method: "get",
      path: "/v2/models/{name}",
      operation: {
        summary: "A model's tensors; its labels in the order of the probabilities",
        responses: { 200: json("Inputs and outputs", "ModelMetadata"), ...failures(404) },
      },
      handle: (context) => {
        const { name, classifier, outputs } = modelOf(context, state);
        const parameters = { labels: classifier.classes, multi_label: classifier.multiLabel };
        return context.json({ name, platform: "onnx_onnxv1", inputs: [pixelsTensor], outputs, parameters });
      },
    },
    {
      method: "get",
      path: "/v2/models/{name}/ready",
      operation: {
        summary: "Whether a model takes requests",
        responses: {
          200: json("It does", "ModelReady"),
          503: json("The server is stopping", "ModelReady"),
          ...failures(404),
        },
      },
      handle: (context) => {
        const { name } = modelOf(context, state);
        return context.json({ name, ready: !state.isStopping() }, readiness());
      },
    },
  ];
}
