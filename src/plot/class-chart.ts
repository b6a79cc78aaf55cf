import { barX, gridX, ruleY, text } from "@observablehq/plot";
import { figure } from "./figure.ts";
import { light } from "./theme.ts";

/** One class: a share in [0, 1], its 95 % interval where it has one, and what stands beside it. */
export interface ClassBar {
  readonly name: string;
  readonly share: number;
  readonly interval?: readonly [low: number, high: number] | undefined;
  readonly pictures: number;
}

/** Bars by class, each with its interval: few pictures make it wide. */
export function classChart({
  heading,
  note,
  label,
  bars,
}: {
  readonly heading: string;
  readonly note?: string | undefined;
  readonly label: string;
  readonly bars: readonly ClassBar[];
}): string {
  const rows = bars.map((bar, i) => ({ ...bar, row: String(i) }));
  const named = new Map(rows.map(({ row, name }) => [row, short(name)]));
  const longest = Math.max(...[...named.values()].map((name) => name.length));
  const withInterval = rows.flatMap(({ row, interval }) =>
    interval === undefined ? [] : [{ row, low: interval[0], high: interval[1] }],
  );
  return figure({
    heading,
    note,
    width: 460,
    height: 104 + 26 * rows.length,
    marginBottom: 44,
    marginLeft: Math.min(170, 24 + 7.4 * longest),
    marginRight: 44,
    x: {
      domain: [0, 1],
      label,
      labelAnchor: "center",
      labelArrow: "none",
      tickFormat: "%",
      ticks: 5,
    },
    y: {
      type: "band",
      domain: rows.map(({ row }) => row),
      label: null,
      tickFormat: (row: string) => named.get(row) ?? "",
      tickSize: 0,
      padding: 0.3,
    },
    marks: [
      gridX({ stroke: light.faint, strokeOpacity: 1 }),
      barX(rows, { x: "share", y: "row", fill: light.band, stroke: light.series, rx: 2 }),
      ruleY(withInterval, { y: "row", x1: "low", x2: "high", stroke: light.ink, strokeWidth: 1.5 }),
      text(rows, {
        y: "row",
        frameAnchor: "right",
        textAnchor: "start",
        dx: 8,
        text: ({ pictures }: ClassBar) => String(pictures),
        fill: light.ink,
      }),
    ],
  });
}

function short(name: string): string {
  return name.length > 19 ? `${name.slice(0, 18)}…` : name;
}
