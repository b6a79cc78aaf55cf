import { type PlotOptions, plot } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { darkStyle, light } from "./theme.ts";

export interface FigureOptions extends Omit<PlotOptions, "document" | "title" | "subtitle" | "caption"> {
  /** Stands above the drawing, and is what a screen reader says. */
  readonly heading: string;
  /** A second line, smaller. */
  readonly note?: string | undefined;
}

const font = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** A chart as the text of an SVG file, drawn without a browser; it follows the reader's light or dark scheme. */
export function figure({ heading, note, ...options }: FigureOptions): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const { width = 720, height = 420, marginLeft = 64 } = options;
  const svg = plot({ marginTop: 60, ...options, document, width, height, marginLeft });
  const name = "http://www.w3.org/2000/svg";
  const element = (tag: string, attributes: Readonly<Record<string, string | number>>, text = "") => {
    const made = document.createElementNS(name, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    made.textContent = text;
    return made;
  };
  for (const [key, value] of Object.entries({
    xmlns: name,
    fill: light.ink,
    color: light.ink,
    role: "img",
    "font-family": font,
    "font-size": 12,
  })) {
    svg.setAttribute(key, String(value));
  }
  // Plot's own style is for pages; a file has the one that makes it dark.
  svg.querySelector("style")?.remove();
  for (const drawn of svg.querySelectorAll("[fill=currentColor],[stroke=currentColor]")) {
    for (const key of ["fill", "stroke"])
      if (drawn.getAttribute(key) === "currentColor") drawn.setAttribute(key, light.ink);
  }
  svg.prepend(
    element("title", {}, heading),
    element("style", {}, darkStyle()),
    element("rect", { width: "100%", height: "100%", fill: light.surface }),
    element(
      "text",
      { x: marginLeft, y: 24, "text-anchor": "start", "font-size": 15, "font-weight": 600 },
      heading,
    ),
    element("text", { x: marginLeft, y: 42, "text-anchor": "start", fill: light.ink }, note),
  );
  // Plot counts through all that it ever drew; by the chart's name, several may stand in one page.
  const id = heading.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const counters = new Map<string, string>();
  const text = svg.outerHTML.replace(/plot-clip-\d+/g, (name: string) => {
    if (!counters.has(name)) counters.set(name, `${id}-clip-${counters.size + 1}`);
    return counters.get(name) ?? name;
  });
  return `${text}\n`;
}
