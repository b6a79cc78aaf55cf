import type { Prediction } from "../../index.ts";
import { answer, modelOf } from "../answer.ts";
import { type Asked, classifyAll } from "../classify.ts";
import { refusal } from "../errors.ts";
import type { ServedModel } from "../models.ts";
import { picturesOfForm } from "../multipart.ts";
import { failures } from "../openapi/parts.ts";
import { sendJson } from "../send.ts";
import type { RequestContext, Route, ServerState } from "../state.ts";

const bytes = { schema: { type: "string", format: "binary" } };

/** A picture in, its label out. */
export function predictRoutes(state: ServerState): Route[] {
  const operation = {
    summary: "Classifies a picture, or the pictures of a form",
    parameters: [
      {
        name: "top",
        in: "query",
        description: "How many classes to answer, the most probable first",
        schema: { type: "integer", minimum: 1, default: 5 },
      },
      {
        name: "coverage",
        in: "query",
        description:
          "Answer the set of classes that holds the truth with this chance, where the model has a rule for it",
        schema: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
      },
    ],
    requestBody: {
      required: true,
      content: {
        "image/*": bytes,
        "application/octet-stream": bytes,
        "multipart/form-data": {
          schema: {
            type: "object",
            description: "Files under any names",
            additionalProperties: { type: "string", format: "binary" },
          },
        },
      },
    },
    responses: {
      200: {
        description: "Of a picture its prediction; of a form one for each file, in their order",
        content: {
          "application/json": {
            schema: {
              oneOf: [
                { $ref: "#/components/schemas/Prediction" },
                { $ref: "#/components/schemas/FormPredictions" },
              ],
            },
          },
        },
      },
      ...failures(400, 403, 404, 413, 415, 422, 503, 504),
    },
  };
  return [
    {
      method: "post",
      path: "/predict",
      operation: { ...operation, description: "Where one model is served." },
      handle: (context) => predict(context, onlyModel(state), state),
    },
    {
      method: "post",
      path: "/models/{name}/predict",
      operation,
      handle: (context) => predict(context, modelOf(context, state), state),
    },
  ];
}

function onlyModel({ models }: ServerState): ServedModel {
  const [model, ...others] = models.values();
  if (model && others.length === 0) return model;
  const paths = [...models.keys()].map((name) => `/models/${encodeURIComponent(name)}/predict`);
  throw refusal(400, "Several models are served here.", `Post to ${paths.join(" or ")}.`);
}

async function predict(context: RequestContext, model: ServedModel, state: ServerState): Promise<Response> {
  const asked = askedOf(context, model);
  const type = context.req.header("content-type") ?? "application/octet-stream";
  const isForm = /^multipart\/form-data\s*(;|$)/i.test(type);
  if (!isForm && !/^(image\/|application\/octet-stream\s*(;|$))/i.test(type))
    throw refusal(
      415,
      "A picture is sent as image/* or application/octet-stream, several as multipart/form-data.",
      'With curl, write --data-binary @rose.jpg -H "Content-Type: image/jpeg".',
    );
  return answer(context, state, async (body, signal) => {
    if (!isForm) {
      const [prediction] = await classifyAll(model, [body], asked, state, signal);
      return sendJson(context, { model: model.name, ...told(prediction!) });
    }
    const files = await picturesOfForm(body, type, state.limits.pictures);
    const pictures = files.map((file) => file.bytes);
    const predictions = await classifyAll(model, pictures, asked, state, signal);
    return sendJson(context, {
      model: model.name,
      predictions: predictions.map((prediction, i) => ({ file: files[i]!.file, ...told(prediction) })),
    });
  });
}

/** `?top=` and `?coverage=`, checked before the body is read. */
function askedOf({ req }: RequestContext, { classifier }: ServedModel): Asked {
  const [top, coverage] = [req.query("top"), req.query("coverage")];
  if (top !== undefined && !/^[1-9]\d{0,8}$/.test(top))
    throw refusal(400, "`top` is not a whole number from 1.");
  const rules = (classifier.record.sets ?? []).map((rule) => rule.coverage);
  if (coverage !== undefined && !rules.includes(Number(coverage)))
    throw refusal(
      400,
      "The model has no rule for prediction sets of that `coverage`.",
      rules.length > 0 ? `It has rules for ${rules.join(", ")}.` : "It has none.",
    );
  return {
    ...(top !== undefined && { top: Number(top) }),
    ...(coverage !== undefined && { coverage: Number(coverage) }),
  };
}

/** A prediction without its vectors, which an infer request answers. */
function told({
  probabilities,
  embedding,
  ...rest
}: Prediction): Omit<Prediction, "probabilities" | "embedding"> {
  return rest;
}
