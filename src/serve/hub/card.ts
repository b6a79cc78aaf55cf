import { Marked, type RendererObject } from "marked";
import { withEntities } from "../../core/entities.ts";

/** Longer cards are shown as they are: nobody reads so much, and a parser may be made to sweat. */
const longestCard = 64 * 1024;

/** As `withEntities`, but what is written as an entity stays one: Markdown means the character by it. */
const escapedText = (text: string): string =>
  withEntities(text, /&(?!(?:#\d{1,7}|#x[\da-f]{1,6}|\w+);)|[<>"']/gi);

/** A web page's address, whole: what lies beside a card is not served beside its page. */
function isWeb(href: string): boolean {
  return URL.canParse(href) && ["http:", "https:"].includes(new URL(href).protocol);
}

const linked = (href: string, inner: string): string =>
  isWeb(href) ? `<a href="${withEntities(href)}" rel="nofollow noopener noreferrer">${inner}</a>` : inner;

/** Whatever could be more than text and structure is written anew here: a card is somebody else's text. */
const renderer: RendererObject = {
  html: ({ text, block }) => (block ? `<p>${withEntities(text.trim())}</p>\n` : withEntities(text)),
  // Behind raw HTML the parser takes text for safe already.
  text(token) {
    return "tokens" in token && token.tokens
      ? this.parser.parseInline(token.tokens)
      : escapedText(token.text);
  },
  code: ({ text }) => `<pre><code>${withEntities(text)}</code></pre>\n`,
  codespan: ({ text }) => `<code>${withEntities(text)}</code>`,
  link({ href, tokens }) {
    return linked(href, this.parser.parseInline(tokens));
  },
  // The page loads nothing from elsewhere.
  image: ({ href, text }) => linked(href, escapedText(text || "picture")),
  checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  // The page's own headings stand above the card's.
  heading({ depth, tokens }) {
    const level = Math.min(6, depth + 2);
    return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
  },
};

const markdown = new Marked({ gfm: true, async: false, renderer });

/** A model card's Markdown as HTML that holds no script, no style, no picture and no link but to web pages. */
export function cardHtml(text: string): string {
  const plain = (): string => `<pre>${withEntities(text)}</pre>`;
  if (text.length > longestCard) return plain();
  try {
    return markdown.parse(text) as string;
  } catch {
    // Nested deeper than its parser can follow.
    return plain();
  }
}
