import { byCodePoint } from "./names.ts";
import type { Part } from "./sample.ts";

/** Near-duplicates that go together. */
export interface Group {
  /** Where it falls in [0, 1): test first, then val, then train. */
  readonly place: number;
  /** Its smallest content hash: settles which of two at one place comes first. */
  readonly hash: string;
  readonly labels: Set<string>;
  part: Part;
}

/** A part that every class must have, with its place in [0, 1). */
export interface Wanted {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
}

/** A class: its groups that are shared out, and how many it has in each part (settled ones in train among them). */
interface ClassCounts {
  readonly own: Group[];
  readonly counts: Record<Part, number>;
}

/** How many groups of a class a part may hold. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** A group and the part that it would move to. */
interface Move {
  readonly group: Group;
  readonly to: Part;
  /** How far the group's place lies from that part's own. */
  readonly away: number;
}

/** Shares of its due between which a class must lie in val and in test; within them all is left to chance. */
const leastOfDue = 0.5;
const mostOfDue = 2;

/**
 * Moves groups until each class has from half to twice its due in val and in test, one at least, and
 * half its due in train, in whole groups. Of those that may move, the
 * nearest to the threshold goes first. No move takes a class out of these bounds elsewhere: where a group that two
 * classes share stands in the way, the class stays outside.
 *
 * `settled` counts what each class has in train beyond the groups. Returns the first class, by name, that cannot have
 * one in each part, with the number of its groups.
 *
 * Classes that overlap (several labels at once) are held to what is possible: each has one in train; of the others a
 * part goes without where the class has too few groups or those it shares stand in the way. Then nothing is returned.
 */
export function repair(
  settled: ReadonlyMap<string, number>,
  groups: readonly Group[],
  wanted: readonly Wanted[],
  { overlapping = false } = {},
): { label: string; groups: number } | undefined {
  if (wanted.length < 2) return undefined;
  const classes = new Classes(settled, groups, wanted, overlapping);
  if (overlapping) classes.trainAll();
  for (const label of classes.labels()) {
    for (const { part } of wanted) {
      while (classes.count(label, part) > classes.bounds(label, part).most) {
        const move = classes.nearest(label, (group, to) => group.part === part && classes.allows(group, to));
        if (move === undefined) break;
        classes.move(move);
      }
    }
    for (const { part } of wanted) {
      while (classes.count(label, part) < classes.bounds(label, part).least) {
        const comes = (group: Group, to: Part): boolean => to === part && group.part !== part;
        const move =
          classes.nearest(label, (group, to) => comes(group, to) && classes.allows(group, to)) ??
          // A class that is nowhere in a part cannot be measured: that weighs more than another's surplus.
          (classes.count(label, part) === 0
            ? classes.nearest(label, (group, to) => comes(group, to) && classes.mayLeave(group))
            : undefined);
        if (move !== undefined) classes.move(move);
        else if (overlapping || classes.count(label, part) > 0) break;
        else return { label, groups: classes.own(label).length };
      }
    }
  }
  return undefined;
}

/** The parts in which a rare one of several labels at once is wanted, the first before the others. */
const firstServed: readonly Part[] = ["train", "test", "val"];

class Classes {
  readonly #classes = new Map<string, ClassCounts>();
  readonly #wanted: readonly Wanted[];
  readonly #overlapping: boolean;
  readonly #settled: ReadonlyMap<string, number>;

  constructor(
    settled: ReadonlyMap<string, number>,
    groups: readonly Group[],
    wanted: readonly Wanted[],
    overlapping: boolean,
  ) {
    this.#wanted = wanted;
    this.#overlapping = overlapping;
    this.#settled = settled;
    for (const [label, train] of settled)
      this.#classes.set(label, { own: [], counts: { train, val: 0, test: 0 } });
    for (const group of groups) {
      for (const label of group.labels) {
        this.own(label).push(group);
        this.#add(label, group.part, 1);
      }
    }
  }

  labels(): string[] {
    return [...this.#classes.keys()].sort(byCodePoint);
  }

  own(label: string): Group[] {
    return this.#classes.get(label)?.own ?? [];
  }

  count(label: string, part: Part): number {
    return this.#classes.get(label)?.counts[part] ?? 0;
  }

  bounds(label: string, part: Part): Bounds {
    const { from = 0, to = 0 } = this.#wanted.find((one) => one.part === part) ?? {};
    const total = this.own(label).length;
    const due = (to - from) * total;
    const least = Math.max(this.#fewest(label, part), Math.round(leastOfDue * due));
    // Rounded down: what a part has too much, training has too little.
    return { least, most: part === "train" ? total : Math.max(1, Math.floor(mostOfDue * due)) };
  }

  /** One; of overlapping classes none where train, then test, then val, have used up a rare one's groups. */
  #fewest(label: string, part: Part): number {
    if (!this.#overlapping) return 1;
    const asked = firstServed.filter((one) => this.#wanted.some((each) => each.part === one));
    const enough = this.own(label).length + ((this.#settled.get(label) ?? 0) > 0 ? 1 : 0);
    return asked.indexOf(part) < enough ? 1 : 0;
  }

  /** Brings a group into train for each class that has none there, whatever that takes from another part. */
  trainAll(): void {
    for (const label of this.labels()) {
      if (this.count(label, "train") > 0) continue;
      const move = this.nearest(label, (_, to) => to === "train");
      if (move !== undefined) this.move(move);
    }
  }

  /** Whether each of the group's classes still has enough where it leaves. */
  mayLeave({ labels, part }: Group): boolean {
    return [...labels].every((label) => this.count(label, part) > this.bounds(label, part).least);
  }

  /** Whether the move leaves each of the group's classes within its bounds. */
  allows(group: Group, to: Part): boolean {
    const mayEnter = (label: string): boolean =>
      to === "train" || this.count(label, to) < this.bounds(label, to).most;
    return group.part !== to && this.mayLeave(group) && [...group.labels].every(mayEnter);
  }

  /** The shortest of the class's moves that fit: of several as short, that of the smallest place, then hash. */
  nearest(label: string, fits: (group: Group, to: Part) => boolean): Move | undefined {
    let best: Move | undefined;
    for (const { part, from, to } of this.#wanted) {
      for (const group of this.own(label)) {
        const move = { group, to: part, away: Math.max(from - group.place, group.place - to, 0) };
        if ((best === undefined || isBefore(move, best)) && fits(group, part)) best = move;
      }
    }
    return best;
  }

  move({ group, to }: Move): void {
    for (const label of group.labels) this.#add(label, group.part, -1);
    group.part = to;
    for (const label of group.labels) this.#add(label, to, 1);
  }

  #add(label: string, part: Part, change: number): void {
    const counts = this.#classes.get(label)?.counts;
    if (counts !== undefined) counts[part] += change;
  }
}

function isBefore(a: Move, b: Move): boolean {
  const order = a.away - b.away || a.group.place - b.group.place;
  return order === 0 ? byCodePoint(a.group.hash, b.group.hash) < 0 : order < 0;
}
