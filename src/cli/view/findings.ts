import { count, decimal, integer, percentage } from "../../core/words.ts";
import type { DataFinding, FindingKind, Inspection } from "../../index.ts";
import { plain } from "./width.ts";

/** Of each kind, the worst that are shown. */
const worst = 3;

const titles: Record<FindingKind, readonly [one: string, several: string]> = {
  unreadable: ["picture cannot be read", "pictures cannot be read"],
  blank: ["blank picture", "blank pictures"],
  "duplicate-across-parts": ["picture stands in several parts", "pictures stand in several parts"],
  "duplicate-across-classes": ["picture stands in several classes", "pictures stand in several classes"],
  "suspect-label": ["label is probably wrong", "labels are probably wrong"],
  "not-a-class": ["folder is probably not a class", "folders are probably not a class"],
  "alike-classes": ["pair of classes looks alike", "pairs of classes look alike"],
  outlier: ["picture is unlike all others", "pictures are unlike all others"],
  duplicate: ["picture stands there more than once", "pictures stand there more than once"],
  tiny: ["tiny picture", "tiny pictures"],
  dark: ["dark picture", "dark pictures"],
  blurred: ["blurred picture", "blurred pictures"],
  imbalance: ["class is much smaller than others", "classes are much smaller than others"],
};

/** Findings by kind: how many, and the worst few of each with reason and action. */
export function findingsView(findings: readonly DataFinding[]): string {
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const own = findings.filter((finding) => finding.kind === kind);
      const rows = own.slice(0, worst).map((finding) => `  ${plain(line(finding))}`);
      if (own.length > worst) rows.push(`  … and ${integer(own.length - worst)} more`);
      return [`${count(own.length, ...titles[kind])}  [${kind}]`, ...rows].join("\n");
    })
    .join("\n\n");
}

function line({ files, reason, action }: DataFinding): string {
  const named = files.length > 3 ? [...files.slice(0, 3), `… ${files.length} files`] : files;
  return `${named.length > 0 ? `${named.join("  =  ")}: ` : ""}${reason} -> ${action}`;
}

/** What a learning curve says, in words and numbers. */
export function curveView({ points, outlook }: NonNullable<Inspection["learningCurve"]>): string {
  const sizes = [...new Set(points.map(({ n }) => n))];
  const rows = sizes.map((n) => {
    const own = points.filter((point) => point.n === n);
    const accuracy = own.reduce((sum, { errors, trials }) => sum + 1 - errors / trials, 0) / own.length;
    return `  ${integer(n).padStart(7)} training pictures: ${decimal(accuracy)}`;
  });
  const { verdict, to, error, interval, gainInterval } = outlook;
  const why = {
    "few-sizes": "too few sizes were measured",
    narrow: "the sizes lie too close together",
    "no-trend": "the figures do not depend on the number of pictures clearly enough",
  };
  const ahead =
    verdict === "likely"
      ? `Twice the data (${integer(to)}): likely ${percentage(1 - error)}, between ${percentage(1 - interval[1])} and ${percentage(1 - interval[0])}${gainInterval[0] <= 0 ? "; perhaps nothing gained" : ""}`
      : `What twice the data would give cannot be said: ${why[verdict]}`;
  return ["Learning curve (accuracy on held-out pictures):", ...rows, ahead].join("\n");
}
