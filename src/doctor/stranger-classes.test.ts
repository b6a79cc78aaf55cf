import { expect, test } from "vitest";
import { fingerprintBytes } from "../data/fingerprint.ts";
import { type Examined, findings } from "./examine.ts";
import { strangerClasses } from "./stranger-classes.ts";

test("names of strangers are known in the ways they are written, and no others", () => {
  const named = ["none", "Other", "others", "background", "BACKGROUND_Google", "none of these", "other-1"];
  expect(strangerClasses(["cat", "dog", ...named])).toEqual(named);
  expect(strangerClasses(["nonesuch", "otherworldly", "backgrounds", "no one", "another", "dog"])).toEqual(
    [],
  );
  // Of two classes one would be left: "cat" and "none" are told apart as any two are.
  expect(strangerClasses(["cat", "none"])).toEqual([]);
});

/** So many pictures of each class, all unlike. */
function pictures(sizes: Readonly<Record<string, number>>): Examined[] {
  return Object.entries(sizes).flatMap(([label, size], kind) =>
    Array.from({ length: size }, (_, i): Examined => {
      const file = `${label}/${i}.jpg`;
      const own = Uint8Array.from({ length: fingerprintBytes }, (_, at) => (at * (kind + 3) * (i + 7)) % 256);
      const look = { brightness: 120, contrast: 50, colour: 50, sharpness: 900 };
      return { file, label, sides: [256, 300], hash: file, fingerprint: own, look };
    }),
  );
}

/** Kind and class of what is found, without features. */
function told(
  sizes: Readonly<Record<string, number>>,
  more: { multiLabel?: boolean; outliers?: string } = {},
) {
  const options = { classes: Object.keys(sizes), multiLabel: false, unreadable: [], ...more };
  return findings(pictures(sizes), options)
    .filter(({ kind }) => !kind.startsWith("duplicate"))
    .map(({ kind, classes }) => [kind, ...classes]);
}

test("a folder of strangers is probably no class, and its size makes no class a small one", () => {
  expect(told({ cat: 4, dog: 4, none: 40 })).toEqual([["not-a-class", "none"]]);
  expect(told({ cat: 40, dog: 4, none: 4 })).toEqual([
    ["not-a-class", "none"],
    ["imbalance", "dog"],
  ]);
  const { action } = findings(pictures({ cat: 2, dog: 2, "none of these": 2 }), {
    classes: ["cat", "dog", "none of these"],
    multiLabel: false,
    unreadable: [],
  }).find(({ kind }) => kind === "not-a-class")!;
  expect(action).toContain('--outliers "none of these"');
});

test("what was declared is not told of, and a label among several is no class", () => {
  expect(told({ cat: 4, dog: 4, none: 40 }, { outliers: "none" })).toEqual([]);
  expect(told({ cat: 4, dog: 4, rubbish: 40 }, { outliers: "rubbish" })).toEqual([]);
  expect(told({ cat: 4, dog: 4, rubbish: 40 })).toEqual([
    ["imbalance", "cat"],
    ["imbalance", "dog"],
  ]);
  expect(told({ cat: 4, dog: 4, none: 4 }, { multiLabel: true })).toEqual([]);
});
