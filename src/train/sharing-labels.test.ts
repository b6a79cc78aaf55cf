import { expect, test } from "vitest";
import type { Dataset, Part, Sample } from "../data/sample.ts";
import type { Picture } from "./extract.ts";
import { fingerprintOf, refuseEmptyClasses, rehearse, share } from "./sharing.ts";

const shares = { val: 0.15, test: 0.15, seed: 1 };

function sample(id: string, labels: readonly string[], part?: Part): Sample {
  const content = { kind: "file", read: async () => new Uint8Array() } as const;
  return { id, label: labels.join("|") || "|", labels, content, ...(part && { part }) };
}

function dataset(samples: readonly Sample[]): Dataset {
  const classes = [...new Set(samples.flatMap(({ labels }) => labels ?? []))].sort();
  return {
    path: "l.csv",
    layout: "list",
    classes,
    multiLabel: true,
    samples,
    ignored: [],
    close: async () => {},
  };
}

/** Unlike pictures, each with a hash and a fingerprint of its own. */
function pictures(samples: readonly Sample[], hashes = samples.map((_, i) => i)): Picture[] {
  return samples.map((each, i) => {
    const fingerprint = Uint8Array.from(
      { length: 16 },
      (_, byte) => (37 * (hashes[i]! + 1) * (byte + 3)) % 251,
    );
    return { sample: each, hash: String(hashes[i]).padStart(64, "0"), fingerprint };
  });
}

test("one label is enough to train on, none is not", () => {
  const some = Array.from({ length: 20 }, (_, i) => sample(`${i}`, i % 2 ? ["red"] : []));
  expect(() => rehearse(dataset(some), shares)).not.toThrow();
  const none = Array.from({ length: 20 }, (_, i) => sample(`${i}`, []));
  expect(() => rehearse(dataset(none), shares)).toThrow(/has no classes.*Give some pictures labels/);
});

test("labels that a held-out part lacks are told of, each part by itself", () => {
  const given = [
    sample("1", ["red", "round"], "train"),
    sample("2", ["blue", "red"], "train"),
    sample("3", ["red"], "val"),
    sample("4", ["blue", "round"], "test"),
  ];
  const { warnings } = share(pictures(given), shares);
  expect(warnings).toEqual([
    'Labels that no val picture has: "blue", "round".',
    'Labels that no test picture has: "red".',
  ]);
});

test("one picture under two lists of labels is told of", () => {
  const given = [
    sample("1", ["red"], "train"),
    sample("2", ["red", "round"], "train"),
    sample("3", ["red", "round"], "val"),
  ];
  const { warnings } = share(pictures(given, [1, 1, 2]), shares);
  expect(warnings).toContain("Pictures that have other labels elsewhere, byte for byte: 1.");
});

test("a label whose every picture is unreadable is refused, though others of its pictures' labels are there", () => {
  const given = [sample("1", ["red", "round"]), sample("2", ["red"]), sample("3", [])];
  const data = dataset(given);
  expect(() => refuseEmptyClasses(data, pictures(given))).not.toThrow();
  expect(() => refuseEmptyClasses(data, pictures(given.slice(1)))).toThrow(/'round' has no picture/);
});

test("the fingerprint knows the labels, and joined ones from a class of the same spelling", async () => {
  const of = async (each: Sample) => fingerprintOf({ train: pictures([each]), val: [], test: [] });
  const joined = await of(sample("1", ["red", "round"]));
  expect(await of(sample("9", ["red", "round"]))).toBe(joined);
  expect(await of(sample("1", ["red"]))).not.toBe(joined);
  const { labels: _, ...single } = sample("1", ["red", "round"]);
  expect(await of(single)).not.toBe(joined);
});
