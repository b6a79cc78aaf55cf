import { withEntities } from "../core/entities.ts";
import type { ServerState } from "./state.ts";

const routes = [
  ["POST /models/NAME/predict", "a picture as the body, or a form of several; ?top=3, ?coverage=0.95"],
  ["POST /predict", "the same, where one model is served"],
  ["POST /v2/models/NAME/infer", "pixels as tensors: the Open Inference Protocol (KServe v2)"],
  ["GET /v2/models/NAME", "a model's tensors and labels"],
  ["GET /v2/health/ready", "whether requests are taken"],
  ["GET /metrics", "figures for Prometheus"],
  ["GET /openapi.json", "all of it as an OpenAPI document"],
] as const;

/** What can be asked, as plain text. */
export function textOf({ models }: Pick<ServerState, "models">): string {
  const width = Math.max(...routes.map(([route]) => route.length));
  return [
    "Tsugiki serves image classifiers.",
    "",
    ...[...models.values()].map(({ name, classifier }) => `  ${name}: ${classifier.classes.join(", ")}`),
    "",
    ...routes.map(([route, what]) => `${route.padEnd(width)}  ${what}`),
    "",
  ].join("\n");
}

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .25rem 0 .75rem; } form { display: flex; flex-wrap: wrap; gap: .5rem; }
dt { margin-top: .75rem; } dd { margin: 0; } code { font: .875rem ui-monospace, monospace; overflow-wrap: anywhere; }
button, input { font: inherit; min-width: 0; max-width: 100%; }`;

/** The same as a page, with a form a model. It holds no script. */
export function pageOf({ models }: Pick<ServerState, "models">): string {
  const sections = [...models.values()].map(({ name, classifier }) => {
    const action = withEntities(`/models/${encodeURIComponent(name)}/predict`);
    const label = `Pictures for ${withEntities(name)}`;
    return `<h2>${withEntities(name)}</h2>
<p>${withEntities(classifier.classes.join(", "))}</p>
<form method="post" enctype="multipart/form-data" action="${action}">
<input type="file" name="image" accept="image/*" multiple required aria-label="${label}"> <button>Classify</button>
</form>`;
  });
  const rows = routes.map(([route, what]) => `<dt><code>${route}</code></dt><dd>${what}</dd>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tsugiki</title>
<style>${style}</style>
<h1>Tsugiki serves image classifiers</h1>
${sections.join("\n")}
<h2>What can be asked</h2>
<dl>
${rows.join("\n")}
</dl>
</html>
`;
}
