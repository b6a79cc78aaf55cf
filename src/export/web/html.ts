import { withEntities } from "../../core/entities.ts";
import type { Facts } from "./facts.ts";
import { tables } from "./page/texts.js";

/** What the page may do: nothing from elsewhere, no inline script or style; WebAssembly, for the engine. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const { en, ja } = tables;

type Plain = { [Key in keyof typeof en]: (typeof en)[Key] extends string ? Key : never }[keyof typeof en];

/** An element's text in English; the page puts it into the reader's language by its key. */
function text(tag: string, key: Plain, attributes = ""): string {
  return `<${tag}${attributes && ` ${attributes}`} data-text="${key}">${withEntities(en[key])}</${tag}>`;
}

/** Drawn for these buttons, 24 by 24, in the colour of the text. */
const drawings = {
  picture: `<path d="M4 5.5A1.5 1.5 0 0 1 5.5 4h13A1.5 1.5 0 0 1 20 5.5v13a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5zM4.5 17l4.5-5 4 4.5 2.5-2.5 4 4M15.5 9h.01"/>`,
  paste: `<path d="M9 5H6.5A1.5 1.5 0 0 0 5 6.5v12A1.5 1.5 0 0 0 6.5 20h11a1.5 1.5 0 0 0 1.5-1.5v-12A1.5 1.5 0 0 0 17.5 5H15M9 3.5h6v3H9z"/>`,
  camera: `<path d="M3.5 8.5A1.5 1.5 0 0 1 5 7h2.5l1.5-2.5h6L16.5 7H19a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 19H5a1.5 1.5 0 0 1-1.5-1.5z"/><circle cx="12" cy="12.8" r="3.3"/>`,
  heat: `<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="3"/>`,
  stop: `<path d="M6.5 6.5h11v11h-11z"/>`,
  turn: `<path d="M5 12a7 7 0 0 1 12-5l2 2M19 4.5V9h-4.5M19 12a7 7 0 0 1-12 5l-2-2M5 19.5V15h4.5"/>`,
} as const;

function drawing(name: keyof typeof drawings): string {
  return `<svg viewBox="0 0 24 24" aria-hidden="true">${drawings[name]}</svg>`;
}

function button(id: string, name: keyof typeof drawings, key: Plain, attributes = ""): string {
  const rest = attributes && ` ${attributes}`;
  return `<button type="button" id="${id}"${rest}>${drawing(name)}${text("span", key)}</button>`;
}

/** A notice for pages that cannot run; start.js shows it in the reader's language. */
function notice(id: string, title: "unservedTitle" | "outdatedTitle", body: "unserved" | "outdated"): string {
  const parts = Object.entries({ en, ja }).map(
    ([language, table]) =>
      `<div lang="${language}"><h2>${withEntities(table[title])}</h2><p>${withEntities(table[body])}</p></div>`,
  );
  const commands = id === "unserved" ? "<pre>npx serve\npython3 -m http.server</pre>" : "";
  return `<section class="notice" id="${id}" role="alert" hidden>${parts.join("")}${commands}</section>`;
}

/** `index.html`. */
export function indexHtml({ name, labels, task }: Facts): string {
  const chips = labels.map((label) => `<li>${withEntities(label)}</li>`).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#0d1117" media="(prefers-color-scheme: dark)">
<title>${withEntities(name)}</title>
<link rel="icon" type="image/svg+xml" href="icons/icon.svg">
<link rel="apple-touch-icon" href="icons/full-192.png">
<link rel="manifest" href="manifest.webmanifest">
<link rel="stylesheet" href="style.css">
<link rel="stylesheet" href="stage.css">
<link rel="stylesheet" href="answer.css">
<script src="start.js"></script>
<script type="module" src="page.js"></script>
</head>
<body>
<header>
<img src="icons/icon.svg" alt="" width="56" height="56">
<div>
${text("p", "what", 'class="eyebrow"')}
<h1>${withEntities(name)}</h1>
</div>
${button("install", "picture", "install", 'class="plain" hidden')}
</header>
<div class="notices">
${notice("unserved", "unservedTitle", "unserved")}
${notice("outdated", "outdatedTitle", "outdated")}
<noscript><p class="notice">${withEntities(en.noScript)}<br><span lang="ja">${withEntities(ja.noScript)}</span></p></noscript>
</div>
<main>
<section class="stage" data-label="stage" aria-label="${withEntities(en.stage)}">
<div id="frame" class="frame">
<div id="empty" class="empty">${drawing("picture")}
${text("strong", "drop")}
${text("span", "orElse")}
</div>
<canvas id="shown" role="img" hidden></canvas>
<canvas id="heat-map" role="img" hidden></canvas>
<video id="video" muted playsinline aria-hidden="true" hidden></video>
${text("span", "live", 'id="live" hidden')}
</div>
<p id="error" role="alert" hidden></p>
<div class="controls">
<div id="ways" class="ways"><input type="file" id="file" accept="image/*" class="unseen">
<label for="file" class="button first">${drawing("picture")}${text("span", "choose")}</label>
${button("paste", "paste", "paste", "hidden")}</div>
${button("camera", "camera", "camera")}
${button("take", "camera", "take", 'class="first" hidden')}
${button("turn", "turn", "turnCamera", "hidden")}
${button("stop", "stop", "stopCamera", "hidden")}
</div>
${text("p", "private", 'class="quiet"')}
</section>
<section class="answer" aria-labelledby="answer-title">
${text("h2", "answer", 'id="answer-title"')}
<p id="said" class="unseen" role="status"></p>
<div id="loading"><p id="loading-text" class="quiet"></p><progress id="loading-bar" max="1" value="0" aria-labelledby="loading-text"></progress></div>
<div id="waiting">
${text("h3", task === "one" ? "knows" : "knowsSeveral")}
<ul class="chips">${chips}</ul>
</div>
${text("p", "looking", 'id="looking" class="quiet" hidden')}
<div id="result" hidden>
<p id="headline" class="headline"><strong></strong><span></span></p>
${text("p", "noneWhy", 'id="why" class="quiet" hidden')}
<ol id="bars" class="bars"></ol>
<details id="rest" hidden><summary></summary><ol class="bars"></ol></details>
<div class="look">
${button("look", "heat", "heat")}
${button("look-stop", "stop", "heatStop", "hidden")}
<div id="look-progress" hidden><p id="look-text" class="quiet"></p><progress max="1" value="0" aria-labelledby="look-text"></progress></div>
<div id="legend" hidden><p class="quiet"></p><div class="ramp" aria-hidden="true"></div>
<div class="ends quiet" aria-hidden="true">${text("span", "heatCool")}${text("span", "heatHot")}</div></div>
</div>
</div>
</section>
</main>
<footer>
<details>
${text("summary", "about")}
<dl id="facts"></dl>
</details>
${text("p", "offline", 'id="offline" role="status" hidden')}
<p>${text("span", "made")} ${text("a", "licences", 'href="LICENSES.txt"')}</p>
</footer>
</body>
</html>
`;
}

/** `manifest.webmanifest`: what an installed page is called and shows. */
export function manifest({ name }: Facts): string {
  const icon = (src: string, sizes: string, type: string, purpose: string) => ({ src, sizes, type, purpose });
  return `${JSON.stringify(
    {
      name,
      short_name: name,
      id: "./",
      start_url: "./",
      scope: "./",
      display: "standalone",
      background_color: "#ffffff",
      theme_color: "#0b63c4",
      icons: [
        icon("icons/icon.svg", "any", "image/svg+xml", "any"),
        icon("icons/icon-192.png", "192x192", "image/png", "any"),
        icon("icons/icon-512.png", "512x512", "image/png", "any"),
        icon("icons/full-512.png", "512x512", "image/png", "maskable"),
      ],
    },
    null,
    2,
  )}\n`;
}
