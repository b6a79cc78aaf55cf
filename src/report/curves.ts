import { curvesChart } from "../plot/curves-chart.ts";
import type { CurveStep, ReportData } from "./data.ts";
import { type Html, html, trusted } from "./html.ts";
import { section } from "./section.ts";

/** Loss and accuracy by epoch, or validation against the regularisation of a head that was solved. */
export function curvesSection({ curves, options }: Pick<ReportData, "curves" | "options">): Html | undefined {
  const chosen = Number(options.find(([name]) => name === "regularisation")?.[1] ?? Number.NaN);
  const drawn = [
    ...ofSolved(curves.solved ?? [], chosen),
    ...ofEpochs("head", curves.head ?? []),
    ...ofEpochs("base", curves.base ?? []),
  ];
  if (drawn.length === 0) return undefined;
  const solved = (curves.solved ?? []).length > 1;
  return section(
    "curves",
    "How it learnt",
    html`${solved ? html`<p>A linear head is solved, not trained in epochs: what was tried is how strongly its weights are held small, from strong (right) to weak (left). The one of least validation loss was kept.</p>` : undefined}
<div class="charts">${drawn.map((svg) => trusted(svg))}</div>`,
  );
}

function ofSolved(all: readonly CurveStep[], chosen: number): readonly string[] {
  // On a logarithmic axis there is no 0.
  const steps = all.filter(({ x }) => x > 0).sort((a, b) => a.x - b.x);
  if (steps.length < 2) return [];
  const kept = steps.find(({ x }) => x === chosen)?.x;
  return pair(steps, { of: "", x: "Regularisation (logarithmic)", scale: "log", kept });
}

function ofEpochs(of: "head" | "base", steps: readonly CurveStep[]): readonly string[] {
  if (steps.length === 0) return [];
  return pair(steps, { of: of === "base" ? " of the base" : " of the head", x: "Epoch", scale: "linear" });
}

interface Axes {
  readonly of: string;
  readonly x: string;
  readonly scale: "linear" | "log";
  readonly kept?: number | undefined;
}

function pair(steps: readonly CurveStep[], { of, x, scale, kept }: Axes): readonly string[] {
  const common = { xLabel: x, scale, kept };
  const losses = steps.map((step) => ({ x: step.x, train: step.trainLoss, val: step.valLoss }));
  const shares = steps.map((step) => ({ x: step.x, train: step.trainAccuracy, val: step.valAccuracy }));
  const has = (rows: readonly { train?: number | undefined; val?: number | undefined }[]): boolean =>
    rows.some(({ train, val }) => train !== undefined || val !== undefined);
  return [
    ...(has(losses)
      ? [curvesChart({ ...common, heading: `Loss${of}`, points: losses, yLabel: "Loss (nats)" })]
      : []),
    ...(has(shares)
      ? [
          curvesChart({
            ...common,
            heading: `Accuracy${of}`,
            points: shares,
            yLabel: "Accuracy",
            share: true,
          }),
        ]
      : []),
  ];
}
