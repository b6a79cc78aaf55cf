import type { RefusalStatus } from "../errors.ts";

const why: Record<RefusalStatus, string> = {
  400: "The request does not say what it should",
  403: "A web page of another site asked",
  404: "There is no such model",
  405: "The route takes another method",
  413: "More bytes, pictures or pixels than are taken",
  415: "A type or encoding that is not read",
  421: "The server does not go by the name in Host",
  422: "The picture cannot be classified",
  503: "Too much is waiting already, or the server is stopping",
  504: "There was no answer in time",
};

/** A response of JSON that a schema of the document describes. */
export function json(description: string, schema: string): Readonly<Record<string, unknown>> {
  return {
    description,
    content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } },
  };
}

/** Responses for requests that are refused. */
export function failures(...statuses: readonly RefusalStatus[]): Readonly<Record<number, unknown>> {
  return Object.fromEntries(statuses.map((status) => [status, json(why[status], "Error")]));
}
