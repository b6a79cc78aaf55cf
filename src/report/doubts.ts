import { count } from "../core/words.ts";
import type { MeasuredShare, ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { section } from "./section.ts";
import { percent } from "./words.ts";

/** What it does where it doubts: several classes in place of one, and none of them. */
export function doubtsSection({ sets, strangers }: Pick<ReportData, "sets" | "strangers">): Html | undefined {
  if (sets === undefined && strangers === undefined) return undefined;
  const own = strangers?.own;
  const outliers = strangers?.outliers;
  return section(
    "doubts",
    "Where it doubts",
    html`${
      sets &&
      html`<h3>Several classes instead of one</h3><p>Asked for sets of classes that hold the truth in ${percent(sets.asked)} of cases, it gave such as held it in ${measured(sets.held)}, with ${sets.meanSize.toFixed(2)} classes on average.</p>`
    }${
      strangers &&
      html`<h3>None of these</h3><p>It turns away what looks unlike its training pictures; of pictures of its own classes, up to ${percent(strangers.asked)} may be lost by that. ${own ? `Lost were ${measured(own)}. ` : ""}${outliers ? `Of the pictures declared as outliers it turned away ${measured(outliers)}.` : ""}</p>`
    }`,
  );
}

function measured({ n, share, interval }: MeasuredShare): string {
  return `${percent(share, 1)} of ${count(n, "picture")} (95 % interval ${percent(interval[0], 1)} to ${percent(interval[1], 1)})`;
}
