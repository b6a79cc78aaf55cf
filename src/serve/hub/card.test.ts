import fc from "fast-check";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { cardHtml } from "./card.ts";

test("a card's Markdown is rendered below the page's own headings", () => {
  const card = [
    "# Flowers",
    "Made by **Tsugiki** from `box`, [see](https://example.org/a?b=1&c=2).",
    "",
    "| format | size |",
    "| --- | ---: |",
    "| onnx | 2.1 MB |",
    "",
    "- daisy \\<3",
    "- [x] done",
  ];
  expect(cardHtml(card.join("\n"))).toMatchInlineSnapshot(`
    "<h3>Flowers</h3>
    <p>Made by <strong>Tsugiki</strong> from <code>box</code>, <a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">see</a>.</p>
    <table>
    <thead>
    <tr>
    <th>format</th>
    <th align="right">size</th>
    </tr>
    </thead>
    <tbody><tr>
    <td>onnx</td>
    <td align="right">2.1 MB</td>
    </tr>
    </tbody></table>
    <ul>
    <li>daisy &lt;3</li>
    <li>☑ done</li>
    </ul>
    "
  `);
});

test.each([
  ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
  ["a <img src=x onerror=alert(1)> b", "&lt;img src=x onerror=alert(1)&gt;"],
  ["a <pre> <img src=x onerror=alert(1) ", "&lt;img src=x onerror=alert(1)"],
  ["[a](javascript:alert(1))", "<p>a</p>"],
  ["<javascript:alert(1)>", "<p>javascript:alert(1)</p>"],
  ["[a]( java\nscript:alert(1) )", "java"],
  ["[a](data:text/html,x) [b](//evil.example) [c](labels.txt)", "<p>a b c</p>"],
  ['[a](https://x.example/"onmouseover="alert(1))', "&quot;onmouseover=&quot;"],
  ["![a](https://x.example/a.png)", ">a</a>"],
  ['```js" onload=x\n</code><script>\n```', "<pre><code>&lt;/code&gt;&lt;script&gt;</code></pre>"],
  ["[a]\n\n[a]: javascript:alert(1)", "<p>a</p>"],
  ["&lt;b&gt; & <", "&lt;b&gt; &amp; &lt;"],
])("%j is harmless", (card, html) => {
  expect(cardHtml(card)).toContain(html);
  expectHarmless(card);
});

const tags = new Set(
  "p a em strong del code pre blockquote ul ol li hr br h3 h4 h5 h6 table thead tbody tr th td".split(" "),
);
const attributes = new Set(["href", "rel", "align", "start"]);

function expectHarmless(card: string): void {
  const { document } = parseHTML(`<!doctype html><body>${cardHtml(card)}</body>`);
  for (const element of document.body.querySelectorAll("*")) {
    expect(tags, card).toContain(element.localName);
    for (const { name, value } of element.attributes) {
      expect(attributes, card).toContain(name);
      if (name === "href") expect(value, card).toMatch(/^https?:\/\//);
    }
  }
}

test("whatever is written, nothing but text and structure comes of it", () => {
  const pieces = fc.constantFrom(
    ..."<script> </script> <img onerror= <pre> </pre> <a href= <!-- --> ![ [ ]( ] ) javascript: data: https://a.b/ \" ' ` ``` ~~~ > # - * _ ~~ | --- \n \n\n \\ &lt; &#60; &colon; <svg/onload= x".split(
      " ",
    ),
    " ",
    "\n",
  );
  const written = fc.array(pieces, { maxLength: 25 }).map((all) => all.join(""));
  fc.assert(fc.property(fc.oneof(written, fc.string()), expectHarmless), { seed: 7, numRuns: 3000 });
});

test.each([
  ["quotes", ">".repeat(60_000)],
  ["lists", Array.from({ length: 240 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n")],
  ["brackets", "[".repeat(60_000)],
  ["stars", "*a ".repeat(20_000)],
  ["ticks", "`a``".repeat(15_000)],
  ["tags", "<a ".repeat(20_000)],
  ["cells", `|a${"|".repeat(20_000)}\n|-${"|".repeat(20_000)}`],
  ["links", "[a](".repeat(15_000)],
  ["too much", "a\n".repeat(500_000)],
])("endless %s end", (_, card) => {
  const start = performance.now();
  expect(cardHtml(card).length).toBeGreaterThan(10);
  expect(performance.now() - start).toBeLessThan(20_000);
});
