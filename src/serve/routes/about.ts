import { openApiDocument } from "../openapi/document.ts";
import { pageOf, textOf } from "../page.ts";
import type { Route, ServerState } from "../state.ts";

/** What the server says of itself. `routes` are all of its routes, these too. */
export function aboutRoutes(state: ServerState, routes: () => readonly Route[]): Route[] {
  const text = (type: string, description: string) => ({
    200: { description, content: { [type]: { schema: { type: "string" } } } },
  });
  let document: Readonly<Record<string, unknown>> | undefined;
  return [
    {
      method: "get",
      path: "/",
      operation: {
        summary: "What can be asked, for people: a page, or plain text for those who take no HTML",
        responses: {
          200: {
            description: "The page",
            content: {
              "text/html": { schema: { type: "string" } },
              "text/plain": { schema: { type: "string" } },
            },
          },
        },
      },
      handle: (context) => {
        const wantsPage = context.req.header("accept")?.includes("text/html") ?? false;
        return wantsPage ? context.html(pageOf(state)) : context.text(textOf(state));
      },
    },
    {
      method: "get",
      path: "/metrics",
      operation: {
        summary: "Figures for Prometheus",
        responses: text("text/plain", "Prometheus' text format"),
      },
      handle: async (context) => {
        const { registry } = state.metrics;
        return context.body(await registry.metrics(), 200, { "content-type": registry.contentType });
      },
    },
    {
      method: "get",
      path: "/openapi.json",
      operation: {
        summary: "This document",
        responses: {
          200: {
            description: "OpenAPI 3.1",
            content: { "application/json": { schema: { type: "object" } } },
          },
        },
      },
      handle: (context) => {
        document ??= openApiDocument(routes(), [...state.models.keys()]);
        return context.json(document);
      },
    },
  ];
}
