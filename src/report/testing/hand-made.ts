import { evaluatePredictions } from "../../evaluate/report.ts";
import type { ReportAnswer, ReportData } from "../data.ts";

/** A data: URI that the page lets in; what it shows does not matter here. */
export const pixel = "data:image/webp;base64,UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA";

/** Answers of `classes` in turn, every `wrongEach`-th wrong, the i-th sure by 0.5 + i/2n. */
export function answersOf(n: number, classes: readonly string[], wrongEach: number): readonly ReportAnswer[] {
  return Array.from({ length: n }, (_, i) => {
    const truth = classes[i % classes.length]!;
    const right = i % wrongEach !== 0;
    const predicted = right ? truth : classes[(i + 1) % classes.length]!;
    const certainty = 0.5 + i / (2 * n);
    return { file: `${truth}/${i}.jpg`, truth, predicted, right, certainty, top: [[predicted, certainty]] };
  });
}

/** A run made by hand, of these answers. */
export function dataOf(
  answers: readonly ReportAnswer[],
  classes: readonly string[],
  change: Partial<ReportData> = {},
): ReportData {
  const probabilities = new Float32Array(answers.length * classes.length);
  const labels = new Int32Array(answers.length);
  for (const [row, { truth, predicted }] of answers.entries()) {
    labels[row] = classes.indexOf(truth);
    probabilities[row * classes.length + classes.indexOf(predicted)] = 1;
  }
  return {
    name: "hand-made",
    date: "2026-01-02T03:04:05.000Z",
    data: { path: "/data/hand", layout: "folder-per-class" },
    pictures: { train: 10, val: 5, test: answers.length },
    bases: [{ name: "box", licence: "Apache-2.0" }],
    part: "test",
    evaluation: evaluatePredictions({ probabilities, labels, classes }),
    answers,
    thumbnails: new Map(answers.map(({ file }) => [file, pixel])),
    lost: [],
    curves: {},
    comparisons: [],
    options: [["seed", "0"]],
    versions: [["tsugiki", "1"]],
    command: "tsugiki train /data/hand",
    ...change,
  };
}
