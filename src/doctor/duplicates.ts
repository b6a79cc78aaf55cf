import { groupBy } from "../core/group-by.ts";
import { DisjointSets } from "../data/disjoint-sets.ts";
import { groupDuplicates, hammingDistance, type Twin } from "../data/duplicates.ts";
import type { DataFinding, DoctorPicture, FindingKind } from "./finding.ts";
import type { Pair } from "./neighbours.ts";

export interface ComparedPicture extends DoctorPicture, Twin {
  /** Fingerprint of the picture with left and right exchanged; left out for blank ones. */
  readonly mirrored?: Uint8Array | undefined;
}

/**
 * Pictures that show the same, and what follows from that: a group is reported once for each of "across parts" (held-out
 * figures flatter), "across classes" (it contradicts itself), else as plain duplicates. Found by bytes, by fingerprint,
 * by the fingerprint of the mirrored picture, and by those `pairs` of alike features that are handed in and `agreeing`.
 */
export function duplicateFindings(
  pictures: readonly ComparedPicture[],
  pairs: readonly Pair[] = [],
): DataFinding[] {
  const sure = agreeing(pictures, pairs);
  const groups = groupsOf(pictures, sure);
  const indices = pictures.map((_, i) => i);
  return [...groupBy(indices, (i) => groups[i]!).values()]
    .filter((members) => members.length > 1)
    .flatMap((members) => findingsOf(members, pictures, sure));
}

/**
 * Bits of 128 in which fingerprints may differ where the features agree too. Measured on 60 flowers, MobileNet v2: crops by
 * 5 % at any place lie 6 to 36 bits apart (95 in 100 under 30) at a cosine of 0.82 or more, mirrored or not; of the 1.1
 * million other pairs ten agree in both, and those show one flower twice. Pairs of unlike pictures lie about 60 apart.
 */
const agreeingBits = 32;

/** Those pairs of alike features whose fingerprints, one of them perhaps mirrored, resemble each other as well. */
export function agreeing(pictures: readonly ComparedPicture[], pairs: readonly Pair[]): Pair[] {
  const near = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
    a !== undefined && b !== undefined && hammingDistance(a, b) <= agreeingBits;
  return pairs.filter(({ first, second }) => {
    const [one, other] = [pictures[first]!, pictures[second]!];
    return near(one.fingerprint, other.fingerprint) || near(one.mirrored, other.fingerprint);
  });
}

/** Group number of each picture. */
function groupsOf(pictures: readonly ComparedPicture[], pairs: readonly Pair[]): Int32Array {
  const n = pictures.length;
  // Each picture stands there twice, as it is and mirrored: a flipped copy then meets one of the two.
  const both: Twin[] = [
    ...pictures,
    ...pictures.map(({ hash, mirrored }) => ({
      hash: `mirrored ${hash}`,
      ...(mirrored && { fingerprint: mirrored }),
    })),
  ];
  const seen = groupDuplicates(both);
  const sets = new DisjointSets(2 * n);
  for (let i = 0; i < n; i++) sets.join(seen[i]!, seen[n + i]!);
  for (const { first, second } of pairs) sets.join(seen[first]!, seen[second]!);
  const groups = sets.numbered();
  return Int32Array.from({ length: n }, (_, i) => groups[seen[i]!]!);
}

function findingsOf(
  members: readonly number[],
  pictures: readonly ComparedPicture[],
  pairs: readonly Pair[],
): DataFinding[] {
  const group = members.map((i) => pictures[i]!);
  const files = group.map(({ file }) => file);
  const classes = [...new Set(group.map(({ label }) => label))];
  const { how, score } = likeness(members, group, pairs);
  const row = (kind: FindingKind, reason: string, action: string, drop: readonly string[]): DataFinding => ({
    kind,
    files,
    classes,
    reason: `${how}: ${reason}`,
    action,
    score,
    drop,
  });
  const found: DataFinding[] = [];
  const parts = new Set(group.map(({ part }) => part ?? "train"));
  if (parts.size > 1) {
    const kept = parts.has("test") ? "test" : "val";
    const drop = group.filter(({ part = "train" }) => part !== kept).map(({ file }) => file);
    found.push(
      row(
        "duplicate-across-parts",
        `in ${[...parts].join(" and ")}, so held-out figures flatter`,
        `keep those of ${kept} only`,
        drop,
      ),
    );
  }
  if (classes.length > 1)
    found.push(
      row(
        "duplicate-across-classes",
        `in ${classes.join(" and ")}`,
        "decide for one class, leave out the others",
        files,
      ),
    );
  if (found.length === 0)
    found.push(row("duplicate", `${files.length} times in ${classes[0]}`, "keep one", files.slice(1)));
  return found;
}

function likeness(
  members: readonly number[],
  group: readonly ComparedPicture[],
  pairs: readonly Pair[],
): { how: string; score: number } {
  if (new Set(group.map(({ hash }) => hash)).size === 1) return { how: "byte for byte the same", score: 1 };
  const seen = groupDuplicates(group);
  if (new Set(seen).size === 1) return { how: "the same to the eye", score: 0.99 };
  const inside = new Set(members);
  const own = pairs.filter(({ first, second }) => inside.has(first) && inside.has(second));
  if (own.length === 0) return { how: "the same to the eye, some mirrored", score: 0.98 };
  const cosine = Math.min(...own.map((pair) => pair.cosine));
  return {
    how: `alike to the network (${cosine.toFixed(2)}), perhaps cropped or flipped`,
    score: Math.min(0.97, cosine),
  };
}
