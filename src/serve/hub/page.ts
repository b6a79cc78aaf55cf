import { html, raw } from "hono/html";
import { bytes } from "../../core/words.ts";
import type { ShelvedModel } from "./shelf.ts";

const style = raw(`<style>
:root { color-scheme: light dark; --line: #8884; --quiet: #777; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; } pre { white-space: pre-wrap; padding: .8rem; border: 1px solid var(--line); border-radius: .4rem; }
.quiet { color: var(--quiet); } .hash { word-break: break-all; font-size: .75rem; }
form { margin: 1rem 0 1.5rem; }
input { font: inherit; padding: .4rem .6rem; width: min(100%, 24rem); } button { font: inherit; padding: .4rem .8rem; }
</style>`);

type Page = ReturnType<typeof html>;

function page(title: string, body: Page): Page {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>${style}</head>
<body>${body}</body>
</html>`;
}

/** All models, or those that were searched for. */
export function shelfPage(models: readonly ShelvedModel[], query: string, origin: string): Page {
  const rows = models.map(
    ({ name, files, licence, changed }) => html`<tr>
<td><a href="/${name}">${name}</a></td>
<td>${bytes(files.reduce((sum, file) => sum + file.bytes, 0))}</td>
<td>${licence ?? "not stated"}</td>
<td class="quiet">${changed.toISOString().slice(0, 10)}</td>
</tr>`,
  );
  const none = query === "" ? "Nothing is published here yet." : `Nothing here is like “${query}”.`;
  return page(
    "Models",
    html`<main>
<h1>Models</h1>
<form method="get" action="/" role="search"><label>Search <input type="search" name="q" value="${query}"></label> <button>Find</button></form>
${
  models.length === 0
    ? html`<p>${none}</p>`
    : html`<table><thead><tr><th scope="col">Model</th><th scope="col">Size</th><th scope="col">Licence</th><th scope="col">Changed</th></tr></thead><tbody>${rows}</tbody></table>`
}
<p class="quiet">Train on one of them: <code>tsugiki train photos --base hub+${origin}/NAME</code></p>
</main>`,
  );
}

/** One model: what it is, how to use it, its files with their hashes. */
export function modelPage(
  { name, commit, files, readme, licence, changed }: ShelvedModel,
  origin: string,
): Page {
  const handle = `hub+${origin}/${name}`;
  const rows = files.map(
    ({ path, bytes: size, sha256 }) => html`<tr>
<td><a href="/${name}/resolve/${commit}/${path}">${path}</a></td>
<td>${bytes(size)}</td>
<td class="hash"><code>${sha256}</code></td>
</tr>`,
  );
  return page(
    name,
    html`<main>
<p><a href="/">All models</a></p>
<h1>${name}</h1>
<p class="quiet">Licence ${licence ?? "not stated"}; changed ${changed.toISOString().slice(0, 10)}; revision <code>${commit.slice(0, 12)}</code></p>
<h2>Use it</h2>
<pre>tsugiki train photos --base ${handle}
tsugiki models pull ${handle}@${commit}</pre>
<h2>Files</h2>
<table><thead><tr><th scope="col">File</th><th scope="col">Size</th><th scope="col">sha256</th></tr></thead><tbody>${rows}</tbody></table>
${readme === "" ? "" : html`<h2>Model card</h2><pre>${readme}</pre>`}
</main>`,
  );
}
