import { type CalibrationError, calibrationError } from "../evaluate/calibration/calibration-error.ts";
import { isOfLabels } from "../evaluate/label-report.ts";
import { reliabilityChart } from "../plot/reliability-chart.ts";
import type { ReportData } from "./data.ts";
import { type Html, html, trusted } from "./html.ts";
import { section } from "./section.ts";
import { percent } from "./words.ts";

const title = "How sure is it when it says it is sure";

/** Whether a probability means what it says: before and after temperature scaling where the run has it, else as it is. */
export function calibrationSection(data: ReportData): Html | undefined {
  const { calibration, evaluation, answers, part } = data;
  const measured = part === "test" ? (calibration?.test ?? calibration?.val) : calibration?.val;
  if (calibration && measured && calibration.temperature === 1) {
    return section(
      "calibration",
      title,
      html`<p>Its probabilities are off by ${percent(measured.before.ece, 1)} on average (expected calibration error); no temperature was put on them. ${verdict(measured.before)}</p>
<div class="charts">${chart("Reliability", measured.before)}${how}</div>`,
    );
  }
  if (calibration && measured) {
    const { temperature } = calibration;
    const on = part === "test" && calibration.test ? "test" : "validation";
    const verb = temperature > 1 ? "made it less sure of itself" : "made it surer of itself";
    return section(
      "calibration",
      title,
      html`<p>Temperature scaling, fitted on the validation part, divides its logits by ${temperature.toFixed(3)}${Math.abs(temperature - 1) < 0.005 ? "" : `: that ${verb}`}. On the ${on} part the calibration error went from ${percent(measured.before.ece, 1)} to ${percent(measured.after.ece, 1)}. ${verdict(measured.after)}</p>
<div class="charts">${chart("Before temperature scaling", measured.before)}${chart("After temperature scaling", measured.after)}</div>${how}`,
    );
  }
  // Several labels at once have no one certainty an answer.
  if (evaluation === null || isOfLabels(evaluation) || answers.length === 0) return undefined;
  const error = calibrationError(
    {
      confidence: answers.map(({ certainty }) => Math.min(1, certainty)),
      right: answers.map(({ right }) => (right ? 1 : 0)),
    },
    { bins: answers.length < 300 ? 10 : 15 },
  );
  return section(
    "calibration",
    title,
    html`<p>Its probabilities are off by ${percent(error.ece, 1)} on average (expected calibration error). ${verdict(error)}</p>
<div class="charts">${chart("Reliability", error)}${how}</div>`,
  );
}

const how = html`<p class="quiet">On the dashed line an answer given with 80 % is right 8 times in 10; below it the classifier is too sure of itself. A dot's size is how many answers it stands for, the line through it a 95 % interval.</p>`;

function verdict({ ece, faultless, interval }: CalibrationError): string {
  const least = `95 % interval ${percent(interval[0], 1)} to ${percent(interval[1], 1)}`;
  if (ece <= faultless[1])
    return `So few pictures would show up to ${percent(faultless[1], 1)} by chance alone: nothing speaks against it (${least}).`;
  return `By chance alone it would be at most ${percent(faultless[1], 1)} (${least}): do not take its percentages at their word.`;
}

function chart(heading: string, { bins, ece }: CalibrationError): Html {
  const points = bins.flatMap(({ confidence, accuracy, interval, count }) =>
    confidence === null || accuracy === null ? [] : [{ confidence, accuracy, interval, count }],
  );
  return trusted(
    reliabilityChart({ heading, note: `expected calibration error ${percent(ece, 1)}`, points }),
  );
}
