/** Colours by their part in a chart; light ones stand in the drawing itself. */
export interface Theme {
  readonly surface: string;
  readonly ink: string;
  /** Grid lines. */
  readonly faint: string;
  /** Single measurements behind a curve. */
  readonly muted: string;
  readonly series: string;
  /** Areas behind a curve. */
  readonly band: string;
  /** The one thing to see. */
  readonly accent: string;
  /** A second curve beside the series. */
  readonly second: string;
}

export const light: Theme = {
  surface: "#ffffff",
  ink: "#1f2328",
  faint: "#e4e7eb",
  muted: "#9aa4b0",
  series: "#0b63c4",
  band: "#dcebfb",
  accent: "#b4231f",
  second: "#a3540a",
};

export const dark: Theme = {
  surface: "#0d1117",
  ink: "#e6edf3",
  faint: "#272e38",
  muted: "#6e7b8a",
  series: "#6cb2ff",
  band: "#14304f",
  accent: "#ff8a7d",
  second: "#f0a35e",
};

/**
 * Style that turns light colours dark where the reader's system is. Attributes hold the light ones, so that readers
 * without stylesheets (librsvg, which makes the PNG, knows no CSS variables) draw the light chart.
 */
export function darkStyle(): string {
  const rules = (Object.keys(light) as readonly (keyof Theme)[]).flatMap((part) =>
    ["fill", "stroke"].map((name) => `[${name}="${light[part]}"]{${name}:${dark[part]}}`),
  );
  return `@media (prefers-color-scheme: dark){${rules.join("")}}`;
}
