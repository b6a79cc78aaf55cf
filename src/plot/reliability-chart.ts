import { dot, gridX, gridY, line, ruleX } from "@observablehq/plot";
import { figure } from "./figure.ts";
import { light } from "./theme.ts";

/** The answers of one range of confidences; empty ones are left out. */
export interface ReliabilityPoint {
  /** Means over the answers, in [0, 1]. */
  readonly confidence: number;
  readonly accuracy: number;
  /** 95 % interval of the accuracy. */
  readonly interval: readonly [low: number, high: number];
  readonly count: number;
}

/** How often answers were right, by how sure they were: on the diagonal a probability means what it says. */
export function reliabilityChart({
  heading,
  note,
  points,
}: {
  readonly heading: string;
  readonly note?: string | undefined;
  readonly points: readonly ReliabilityPoint[];
}): string {
  const most = Math.max(1, ...points.map(({ count }) => count));
  const axis = {
    domain: [0, 1],
    labelAnchor: "center",
    labelArrow: "none",
    tickFormat: "%",
    ticks: 5,
  } as const;
  return figure({
    heading,
    note,
    width: 460,
    height: 440,
    marginBottom: 44,
    marginLeft: 56,
    marginRight: 24,
    x: { ...axis, label: "How sure it was" },
    y: { ...axis, label: "How often it was right" },
    r: { type: "identity" },
    marks: [
      gridX({ stroke: light.faint, strokeOpacity: 1 }),
      gridY({ stroke: light.faint, strokeOpacity: 1 }),
      line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: light.muted, strokeWidth: 1.5, strokeDasharray: "5,4" },
      ),
      ruleX(points, {
        x: "confidence",
        y1: (point: ReliabilityPoint) => point.interval[0],
        y2: (point: ReliabilityPoint) => point.interval[1],
        stroke: light.series,
        strokeWidth: 1.5,
        strokeOpacity: 0.6,
      }),
      line(points, { x: "confidence", y: "accuracy", stroke: light.series, strokeWidth: 1.5 }),
      // Area tells how many answers a point stands for.
      dot(points, {
        x: "confidence",
        y: "accuracy",
        r: (point: ReliabilityPoint) => 3 + 9 * Math.sqrt(point.count / most),
        fill: light.series,
        fillOpacity: 0.75,
      }),
    ],
  });
}
