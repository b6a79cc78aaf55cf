import { dot, gridY, line, ruleX, text } from "@observablehq/plot";
import { figure } from "./figure.ts";
import { light } from "./theme.ts";

/** A figure of training and validation at one moment; undefined where it was not measured. */
export interface CurvePoint {
  readonly x: number;
  readonly train?: number | undefined;
  readonly val?: number | undefined;
}

export interface CurvesChart {
  readonly heading: string;
  readonly points: readonly CurvePoint[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** "log" for strengths of a regularisation. */
  readonly scale?: "linear" | "log";
  /** Of y, where it is a share. */
  readonly share?: boolean;
  /** The moment that was kept. */
  readonly kept?: number | undefined;
}

/** Validation is drawn whole and training dashed, so that they are told apart without colours too. */
const kinds = [
  { key: "train", name: "training", stroke: light.second, dash: "5,4" },
  { key: "val", name: "validation", stroke: light.series, dash: "none" },
] as const;

/** Training and validation over epochs, or over the strengths of a regularisation. */
export function curvesChart(chart: CurvesChart): string {
  const { heading, points, xLabel, yLabel, scale = "linear", share = false, kept } = chart;
  const curves = kinds
    .map((kind) => ({
      ...kind,
      rows: points.flatMap((point) => {
        const y = point[kind.key];
        return y === undefined || !Number.isFinite(y) ? [] : [{ x: point.x, y }];
      }),
    }))
    .filter(({ rows }) => rows.length > 0);
  const heights = curves.flatMap(({ rows }) => rows.map(({ y }) => y));
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  const xs = points.map(({ x }) => x);
  const domain: [number, number] = [Math.min(...xs), Math.max(...xs)];
  return figure({
    heading,
    note: curves.map(({ name, dash }) => `${dash === "none" ? "whole" : "dashed"}: ${name}`).join(", "),
    width: 460,
    height: 320,
    marginBottom: 44,
    marginLeft: 56,
    marginRight: 20,
    x: {
      type: scale,
      domain: domain[0] === domain[1] ? around(domain[0], scale) : domain,
      label: xLabel,
      labelAnchor: "center",
      labelArrow: "none",
      ...(scale === "log"
        ? { ticks: xs, tickFormat: (value: number) => String(Number(value.toPrecision(2))) }
        : { ticks: wholeTicks(domain), tickFormat: "d" }),
    },
    y: {
      domain: [Math.max(0, low - room), share ? Math.min(1, high + room) : high + room],
      label: yLabel,
      labelAnchor: "center",
      labelArrow: "none",
      ticks: 5,
      ...(share && { tickFormat: "%" }),
    },
    marks: [
      gridY({ stroke: light.faint, strokeOpacity: 1 }),
      ...(kept === undefined
        ? []
        : [
            ruleX([kept], { stroke: light.accent, strokeWidth: 1.5 }),
            text(["kept"], {
              x: () => kept,
              frameAnchor: "top",
              text: (label: string) => label,
              fill: light.accent,
              fontWeight: 600,
              textAnchor: isRight(kept, domain, scale) ? "end" : "start",
              dx: isRight(kept, domain, scale) ? -5 : 5,
              dy: 4,
            }),
          ]),
      ...curves.flatMap(({ rows, stroke, dash }) => [
        line(rows, { x: "x", y: "y", stroke, strokeWidth: 2.25, strokeDasharray: dash }),
        ...(rows.length <= 40 ? [dot(rows, { x: "x", y: "y", r: 2.5, fill: stroke })] : []),
      ]),
    ],
  });
}

function isRight(x: number, [from, to]: readonly [number, number], scale: "linear" | "log"): boolean {
  const at = scale === "log" ? Math.log : (value: number) => value;
  return to > from && (at(x) - at(from)) / (at(to) - at(from)) > 0.6;
}

function around(x: number, scale: "linear" | "log"): [number, number] {
  return scale === "log" ? [x / 2, x * 2] : [x - 1, x + 1];
}

/** At most eight whole numbers from first to last. */
function wholeTicks([from, to]: readonly [number, number]): number[] {
  const step = Math.max(1, Math.ceil((to - from) / 8));
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}
