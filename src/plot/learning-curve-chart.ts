import { areaY, dot, line, ruleX, text } from "@observablehq/plot";
import { figure } from "./figure.ts";
import { light } from "./theme.ts";

export interface MeasuredErrors {
  /** Each draw: training pictures, errors, pictures asked. */
  readonly points: readonly { readonly n: number; readonly errors: number; readonly trials: number }[];
  readonly outlook: {
    readonly verdict: string;
    readonly law: { readonly a: number; readonly b: number; readonly c: number };
    readonly from: number;
    readonly to: number;
    readonly error: number;
    readonly interval: readonly [low: number, high: number];
  };
}

/** Accuracy against training pictures, each draw and the fitted curve, and where it says so twice the data. */
export function learningCurveChart({ points, outlook }: MeasuredErrors): string {
  const { verdict, law, from, to, error, interval } = outlook;
  const isLikely = verdict === "likely";
  const seen = points.map(({ n, errors, trials }) => ({ n, accuracy: 1 - errors / trials }));
  const [first, last] = [Math.min(...points.map(({ n }) => n)), isLikely ? to : from];
  const curve = isLikely
    ? Array.from({ length: 61 }, (_, i) => {
        const n = first * (last / first) ** (i / 60);
        return { n, accuracy: 1 - Math.min(1, law.a + law.b * n ** -law.c) };
      })
    : [];
  const ahead = isLikely ? [{ n: to, low: 1 - interval[1], high: 1 - interval[0], accuracy: 1 - error }] : [];
  const shown = [...seen, ...curve, ...ahead]
    .map(({ accuracy }) => accuracy)
    .concat(ahead.flatMap(({ low, high }) => [low, high]));
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const room = (most - least || 0.1) * 0.08;
  // Behind the last measured size the interval opens up to that of the look ahead.
  const fan = ahead.flatMap(({ low, high }) => {
    const here = 1 - Math.min(1, law.a + law.b * from ** -law.c);
    return [
      { n: from, low: here, high: here },
      { n: to, low, high },
    ];
  });
  return figure({
    heading: "Learning curve",
    note: isLikely
      ? `Twice the data: likely ${percent(1 - error)} (95 %: ${percent(1 - interval[1])} to ${percent(1 - interval[0])}), shaded`
      : "What more data would give cannot be said from these points",
    x: {
      type: "log",
      domain: first < last ? [first, last] : [first / 2, first * 2],
      label: "Training pictures (logarithmic)",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: sizesOf(points, ahead),
      tickFormat: (n: number) => String(Math.round(n)),
    },
    y: {
      domain: [Math.max(0, least - room), Math.min(1, most + room)],
      label: "Accuracy on held-out pictures",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: 6,
      tickFormat: percent,
      grid: false,
    },
    marginBottom: 48,
    marginRight: 72,
    marks: [
      ruleX(sizesOf(points, ahead), { stroke: light.faint }),
      areaY(fan, { x: "n", y1: "low", y2: "high", fill: light.band }),
      line(
        curve.filter(({ n }) => n <= from * 1.0001),
        { x: "n", y: "accuracy", stroke: light.series, strokeWidth: 2.5 },
      ),
      line(
        curve.filter(({ n }) => n >= from * 0.97),
        { x: "n", y: "accuracy", stroke: light.series, strokeWidth: 2, strokeDasharray: "5,4" },
      ),
      dot(seen, { x: "n", y: "accuracy", r: 4, fill: light.muted }),
      dot(ahead, { x: "n", y: "accuracy", r: 5, fill: light.accent }),
      text(ahead, {
        x: "n",
        y: "accuracy",
        text: (point: { accuracy: number }) => percent(point.accuracy),
        fill: light.accent,
        fontWeight: 600,
        textAnchor: "start",
        dx: 9,
      }),
    ],
  });
}

function sizesOf(points: MeasuredErrors["points"], ahead: readonly { readonly n: number }[]): number[] {
  return [...new Set([...points, ...ahead].map(({ n }) => n))].sort((a, b) => a - b);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
