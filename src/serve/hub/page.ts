import { html, raw } from "hono/html";
import { bytes } from "../../core/words.ts";
import { cardHtml } from "./card.ts";
import type { ShelvedModel } from "./shelf.ts";

const style = raw(`<style>
:root { color-scheme: light dark; --line: #8884; --quiet: light-dark(#666, #a0a0a0); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; } pre { white-space: pre-wrap; padding: .8rem; border: 1px solid var(--line); border-radius: .4rem; }
.quiet { color: var(--quiet); } .hash { word-break: break-all; font-size: .75rem; }
form { margin: 1rem 0 1.5rem; }
.card { border-top: 1px solid var(--line); margin-top: 1rem; }
.card h3 { font-size: 1.2rem; } .card h4 { font-size: 1.05rem; } .card h5, .card h6 { font-size: 1rem; }
.card table { display: block; overflow-x: auto; width: auto; max-width: 100%; } .card td, .card th { padding-right: 1rem; overflow-wrap: normal; }
.card blockquote { margin-left: 0; padding-left: 1rem; border-left: .2rem solid var(--line); color: var(--quiet); }
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
<td class="quiet">${day(changed)}</td>
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

/** One model at a revision: what it is, how to use it, its files with their hashes, what it was before. */
export function modelPage(
  { name, commit, files, readme, licence, changed }: ShelvedModel,
  revisions: readonly ShelvedModel[],
  origin: string,
): Page {
  const handle = `hub+${origin}/${name}`;
  const isNewest = commit === revisions[0]?.commit;
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
<p class="quiet">Licence ${licence ?? "not stated"}; published ${day(changed)}; revision <code>${commit.slice(0, 12)}</code></p>
${isNewest ? "" : html`<p>This is an earlier revision. <a href="/${name}">The newest</a></p>`}
<h2>Use it</h2>
<pre>tsugiki train photos --base ${handle}${isNewest ? "" : `@${commit}`}
tsugiki models pull ${handle}@${commit}</pre>
<h2>Files</h2>
<table><thead><tr><th scope="col">File</th><th scope="col">Size</th><th scope="col">sha256</th></tr></thead><tbody>${rows}</tbody></table>
${revisions.length > 1 ? revisionTable(name, revisions, commit) : ""}
${readme === "" ? "" : html`<h2>Model card</h2><div class="card">${raw(cardHtml(readme))}</div>`}
</main>`,
  );
}

function revisionTable(name: string, revisions: readonly ShelvedModel[], shown: string): Page {
  const rows = revisions.map(({ commit, files, changed }, place) => {
    const short = html`<code>${commit.slice(0, 12)}</code>`;
    const address = place === 0 ? `/${name}` : `/${name}/tree/${commit}`;
    return html`<tr>
<td>${commit === shown ? short : html`<a href="${address}">${short}</a>`}${place === 0 ? " newest" : ""}</td>
<td>${bytes(files.reduce((sum, file) => sum + file.bytes, 0))}</td>
<td class="quiet">${day(changed)}</td>
</tr>`;
  });
  return html`<h2>Revisions</h2>
<table><thead><tr><th scope="col">Revision</th><th scope="col">Size</th><th scope="col">Published</th></tr></thead><tbody>${rows}</tbody></table>`;
}

const day = (time: Date): string => time.toISOString().slice(0, 10);
