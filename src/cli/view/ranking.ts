import { bytes, count, decimal, integer, percentage } from "../../core/words.ts";
import type { CheapMeasure, RankedBase, Ranking } from "../../index.ts";
import { type Column, table } from "./table.ts";
import { plain } from "./width.ts";

/** The bases in one table, what chance may have decided, and at the end which measure to trust. */
export function rankingView(ranking: Ranking): string {
  const { bases, folds, pictures } = ranking;
  const hasSource = bases.some(({ source }) => source !== null);
  const number = (title: string): Column => ({ title, align: "right" });
  const columns: Column[] = [
    { title: "Base", cut: "start", maxWidth: 40 },
    number("Probe"),
    number("95 % interval"),
    number("LogME"),
    number("H-score"),
    ...(hasSource ? [number("NCE"), number("LEEP")] : []),
    number("Features"),
    number("Size"),
    number("ms *"),
    { title: "Licence" },
  ];
  const names = namesOf(bases);
  const rows = bases.map((base, i) => [
    names[i]!,
    percentage(base.probe.accuracy),
    base.probe.interval.map((bound) => percentage(bound)).join(" to "),
    decimal(base.logMe),
    decimal(base.hScore),
    ...(hasSource ? [nats(base.source?.nce), nats(base.source?.leep)] : []),
    integer(base.width),
    bytes(base.bytes),
    decimal(base.milliseconds, 1),
    base.licence ?? "not stated",
  ]);
  return [
    table(columns, rows),
    "",
    `Probe: a linear head on the features, right on pictures held out, ${folds} times a fifth of ${count(pictures, "picture")}.`,
    "* a reading of this run on this machine: one picture at a time, without reading and decoding it.",
    ...close(bases, names).map(plain),
    trust(ranking),
  ].join("\n");
}

function nats(value: number | undefined): string {
  return value === undefined ? "-" : decimal(value);
}

/** Short names where they tell bases apart, else what was asked for, with the size where that is the same too. */
function namesOf(bases: readonly RankedBase[]): string[] {
  const isOnly = (of: (base: RankedBase) => string, one: RankedBase): boolean =>
    bases.filter((other) => of(other) === of(one)).length === 1;
  return bases.map((one) => {
    if (isOnly(({ name }) => name, one)) return one.name;
    if (isOnly(({ base }) => base, one)) return one.base;
    return `${one.base} at ${one.size}`;
  });
}

/** The bases that may be as good as the first, for all that these pictures tell. */
function close(bases: readonly RankedBase[], names: readonly string[]): string[] {
  const near = names.filter((_, i) => (bases[i]!.behind?.interval[1] ?? -1) >= 0);
  if (near.length === 0) return [];
  const [best] = names;
  return [
    `These pictures do not tell ${near.join(" and ")} from ${best}: look at size and time, or ask again with a larger --sample.`,
  ];
}

const titles: Readonly<Record<CheapMeasure, string>> = {
  logMe: "LogME",
  hScore: "H-score",
  nce: "NCE",
  leep: "LEEP",
};

/** Over two bases tau is 1 or -1 whatever a measure is worth. */
const fewest = 3;

function trust({ agreement, bases }: Ranking): string {
  const why = "it is what training would do, asked about pictures that it was not solved on";
  const withSource = bases.filter(({ source }) => source !== null).length;
  const known = (Object.keys(titles) as CheapMeasure[]).flatMap((measure) => {
    const tau = agreement[measure];
    const over = measure === "nce" || measure === "leep" ? withSource : bases.length;
    return tau === null || over < fewest ? [] : [`${titles[measure]} ${decimal(tau, 2)}`];
  });
  const taus = known.length === 0 ? "" : `; Kendall's tau with it, over these few bases: ${known.join(", ")}`;
  return `Trust the probe: ${why}. The others cost less and only order${taus}.`;
}
