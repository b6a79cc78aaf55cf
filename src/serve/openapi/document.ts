import { version } from "../../index.ts";
import type { Route } from "../state.ts";
import { failures } from "./parts.ts";
import { schemas } from "./schemas.ts";

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(
  routes: readonly Route[],
  models: readonly string[],
): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, operation } of routes) {
    const { parameters = [], responses, ...rest } = operation;
    const named = path.includes("{name}")
      ? [{ name: "name", in: "path", required: true, schema: { type: "string", enum: models } }]
      : [];
    paths[path] ??= {};
    paths[path][method] = {
      operationId: operationId(method, path),
      ...rest,
      parameters: [...named, ...(parameters as unknown[])],
      responses: { ...(responses as object), ...failures(421) },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tsugiki",
      version,
      summary:
        "Image classifiers over HTTP: the Open Inference Protocol (KServe v2), and pictures in plain bodies.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: { schemas },
  };
}

/** Such as postModelsPredict. */
function operationId(method: string, path: string): string {
  const words = path.replace("openapi.json", "openapi").match(/[a-z0-9]+(?![^{]*\})/g) ?? ["root"];
  return [method, ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join("");
}
