import { comparePaired, type PairedComparison } from "../../evaluate/paired.ts";
import { kendall } from "../../evaluate/transferability/kendall.ts";
import type { Probe } from "./measure.ts";
import type { SourceScores } from "./source.ts";

/** What one base promises for the data. */
export interface RankedBase {
  /** As it was asked for. */
  readonly base: string;
  readonly name: string;
  readonly file: string;
  readonly cut: string;
  /** Length of its feature vector. */
  readonly width: number;
  /** Side of the square that it sees, in pixels. */
  readonly size: number;
  /** Of its file. */
  readonly bytes: number;
  readonly licence: string | null;
  /** That it could read. */
  readonly pictures: number;
  readonly probe: Probe;
  /** Its probe less the best base's, 95 % interval by pairs; null for the best, and where the two read other pictures. */
  readonly behind: Pick<PairedComparison, "difference" | "interval"> | null;
  readonly logMe: number;
  readonly hScore: number;
  /** Of its own classifier; null where the file has none. */
  readonly source: SourceScores | null;
  /** A reading of this run on this machine: what else it was doing counts. */
  readonly milliseconds: number;
}

/** Measures that cost less than the probe; higher is better for each. */
export type CheapMeasure = "logMe" | "hScore" | "nce" | "leep";

export interface Ranking {
  readonly path: string;
  readonly layout: string;
  readonly classes: readonly string[];
  /** Pictures that were looked at. */
  readonly pictures: number;
  readonly seed: number;
  readonly folds: number;
  /** The best probe first. */
  readonly bases: readonly RankedBase[];
  readonly failed: readonly { readonly base: string; readonly reason: string }[];
  /** Kendall's τ of each measure with the probe, over the bases that have it; null where that says nothing. */
  readonly agreement: Readonly<Record<CheapMeasure, number | null>>;
  readonly seconds: number;
}

/** A base measured, not yet compared with others. */
export interface Measured {
  readonly base: Omit<RankedBase, "behind">;
  /** Of each picture whether the probe was right, and which pictures these are. */
  readonly right: Uint8Array;
  readonly hashes: string;
}

/** The best probe first, the others with how far they are behind it; of equals the one named first. */
export function inOrder(measured: readonly Measured[]): RankedBase[] {
  const sorted = [...measured].sort((a, b) => b.base.probe.accuracy - a.base.probe.accuracy);
  const best = sorted[0]!;
  return sorted.map((one) => {
    if (one === best || one.hashes !== best.hashes) return { ...one.base, behind: null };
    const { difference, interval } = comparePaired(best.right, one.right);
    return { ...one.base, behind: { difference, interval } };
  });
}

/** Kendall's τ of each cheap measure with the probe. */
export function agreementOf(bases: readonly RankedBase[]): Record<CheapMeasure, number | null> {
  const tau = (of: (base: RankedBase) => number | undefined): number | null => {
    const pairs = bases.flatMap((base) => {
      const value = of(base);
      return value === undefined ? [] : [[base.probe.accuracy, value] as const];
    });
    return kendall(
      pairs.map(([accuracy]) => accuracy),
      pairs.map(([, value]) => value),
    );
  };
  return {
    logMe: tau((base) => base.logMe),
    hScore: tau((base) => base.hScore),
    nce: tau(({ source }) => source?.nce),
    leep: tau(({ source }) => source?.leep),
  };
}
