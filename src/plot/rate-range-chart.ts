import { dot, line, rect, ruleX, text } from "@observablehq/plot";
import { figure } from "./figure.ts";
import { light } from "./theme.ts";

export interface RateRange {
  /** In the order of the updates. */
  readonly points: readonly { readonly rate: number; readonly loss: number; readonly smoothed: number }[];
  readonly suggestion?:
    | {
        readonly rate: number;
        /** The longest fall of the smoothed loss. */
        readonly fall: { readonly from: number; readonly to: number } | undefined;
        /** From which on the loss rises. */
        readonly highest: number;
      }
    | undefined;
}

/** Of the least smoothed loss, is the highest shown: how high an explosion goes would flatten the rest. */
const highest = 2;

/** Loss against learning rate on a logarithmic axis: each batch, the smoothed curve, the valley and what it suggests. */
export function rateRangeChart({ points, suggestion }: RateRange): string {
  const rates = points.map(({ rate }) => rate);
  const [from, to] = [Math.min(...rates), Math.max(...rates)];
  const least = Math.min(...points.map(({ smoothed }) => smoothed));
  const before = points.filter(({ rate }) => rate <= (suggestion?.fall?.to ?? from));
  const losses = points.map(({ loss }) => loss);
  const top = Math.min(
    Math.max(...losses),
    Math.max(highest * least, ...before.flatMap(({ loss }) => loss * 1.05)),
  );
  const bottom = Math.min(...losses);
  // A single point has no range of its own.
  const room = (top - bottom || Math.abs(top) || 1) * 0.05;
  const [low, high] = [bottom - room, top + room];
  const seen = points.filter(({ loss }) => loss <= high);
  const cut = points.length - seen.length;
  return figure({
    heading: "Learning-rate range test",
    note: noteOf(suggestion),
    x: {
      type: "log",
      domain: [from, to],
      label: "Learning rate (logarithmic)",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: decades(from, to),
      tickFormat: short,
      tickSize: 5,
    },
    y: {
      domain: [low, high],
      label: cut > 0 ? "Loss of a batch (higher ones are off the chart)" : "Loss of a batch",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: 6,
    },
    marginBottom: 48,
    marginRight: 24,
    marks: [
      ...(suggestion?.fall
        ? [rect([suggestion.fall], { x1: "from", x2: "to", y1: low, y2: high, fill: light.band })]
        : []),
      ruleX(decades(from, to), { stroke: light.faint }),
      dot(seen, { x: "rate", y: "loss", r: 2.5, fill: light.muted }),
      line(points, { x: "rate", y: "smoothed", stroke: light.series, strokeWidth: 2.5, clip: true }),
      ...(suggestion ? marked(suggestion.highest, high, 26, { stroke: light.ink, dashed: true }) : []),
      ...(suggestion ? marked(suggestion.rate, high, 8, { stroke: light.accent, dashed: false }) : []),
    ],
  });
}

function noteOf(suggestion: RateRange["suggestion"]): string | undefined {
  if (suggestion === undefined) return undefined;
  const { rate, fall } = suggestion;
  return fall
    ? `Suggested: ${short(rate)}. Shaded: the longest fall of the smoothed loss; dashed: the highest rate before it rises`
    : `Suggested: ${short(rate)}. The smoothed loss nowhere falls for long; dashed: the highest rate before it rises`;
}

/** A rate as a line from top to bottom with its number, `down` from the top: two that are close do not meet. */
function marked(
  rate: number,
  top: number,
  down: number,
  { stroke, dashed }: { readonly stroke: string; readonly dashed: boolean },
) {
  return [
    ruleX([rate], { stroke, strokeWidth: dashed ? 1.5 : 2, ...(dashed && { strokeDasharray: "5,4" }) }),
    text([short(rate)], {
      x: () => rate,
      y: () => top,
      text: (label: string) => label,
      fill: stroke,
      fontWeight: 600,
      // Right of the highest rate, the curve rises.
      textAnchor: dashed ? "end" : "start",
      dx: dashed ? -6 : 6,
      dy: down,
    }),
  ];
}

/** Powers of ten from one rate to another, both taken. */
function decades(from: number, to: number): readonly number[] {
  const [first, last] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(`1e${first + i}`));
}

/** 2.3e-4 */
function short(rate: number): string {
  return Number(rate.toPrecision(2)).toExponential();
}
