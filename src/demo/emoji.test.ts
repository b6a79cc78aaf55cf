import { createRequire } from "node:module";
import { beforeAll, expect, test } from "vitest";
import { readVendor, type Vendor } from "./emoji-node.ts";
import { emojiOf, emojiSets, gestures, tones } from "./emoji-sets.ts";
import { licencesText } from "./licences.ts";
import { planPictures } from "./plan.ts";

let vendors: readonly Vendor[];
beforeAll(async () => {
  vendors = await Promise.all(emojiSets.map((set) => readVendor(set)));
});

test("every set has every gesture in every tone, and no two hands of a set are the same drawing", () => {
  for (const { title, drawings } of vendors) {
    for (const gesture of gestures) {
      for (const emoji of emojiOf[gesture]) {
        const own = drawings.filter((drawing) => drawing.gesture === gesture && drawing.emoji === emoji);
        expect(
          own.map(({ tone }) => tone),
          `${title} ${emoji}`,
        ).toEqual(tones);
      }
    }
    expect(new Set(drawings.map(({ body }) => body)).size, title).toBe(36);
  }
});

test("a hand is the very body in the vendor's package", () => {
  const icons = createRequire(import.meta.url)("@iconify-json/fluent-emoji-flat/icons.json");
  const fluent = vendors.find(({ set }) => set.name === "fluent-emoji-flat")!;
  const drawing = fluent.drawings.find(
    ({ emoji, tone }) => emoji === "victory-hand" && tone === "medium-dark",
  );
  expect(drawing).toMatchObject({ gesture: "scissors", width: 32, height: 32 });
  expect(drawing!.body).toBe(icons.icons["victory-hand-medium-dark"].body);
});

test("a package that lacks a hand, or is not there, is named", async () => {
  const wrongNames = { name: "fluent-emoji-flat", part: "train", toneSuffix: "-skin-tone" } as const;
  await expect(readVendor(wrongNames)).rejects.toThrow(
    "@iconify-json/fluent-emoji-flat has no drawing 'raised-fist-light-skin-tone' that the demo can use: there is none of this name.",
  );
  const missing = (): string =>
    createRequire(import.meta.url).resolve("@iconify-json/no-such-set/package.json");
  await expect(readVendor(emojiSets[0]!, missing)).rejects.toMatchObject({
    code: "EMOJI_SET",
    evidence: { package: "@iconify-json/twemoji" },
    parts: { why: expect.stringMatching(/^Cannot find module '@iconify-json\/no-such-set/) },
  });
});

test("no vendor is in two parts, and test and validation have one each", () => {
  const of = (part: string): string[] =>
    vendors.filter(({ set }) => set.part === part).map((vendor) => vendor.package);
  expect(of("train")).toHaveLength(3);
  expect([of("val"), of("test")]).toEqual([["@iconify-json/openmoji"], ["@iconify-json/noto-v1"]]);
  expect(new Set(vendors.map((vendor) => vendor.package)).size).toBe(5);
  const bodies = (part: string): string[] =>
    vendors
      .filter(({ set }) => set.part === part)
      .flatMap(({ drawings }) => drawings.map(({ body }) => body));
  const trained = new Set(bodies("train"));
  expect([...bodies("val"), ...bodies("test")].filter((body) => trained.has(body))).toEqual([]);
});

test("as many pictures a class, each vendor's hands equally often, and each file in its vendor's part", () => {
  const seed = 5;
  const plan = planPictures(vendors, { train: 40, val: 12, test: 13 }, seed);
  expect(new Set(plan.map(({ file }) => file)).size).toBe(plan.length);
  expect(plan).toHaveLength(3 * (3 * 40 + 12 + 13));
  for (const { set, drawings } of vendors) {
    const own = plan.filter(({ vendor }) => vendor.set === set);
    for (const gesture of gestures) {
      const times = drawings
        .filter((drawing) => drawing.gesture === gesture)
        .map((drawing) => own.filter((planned) => planned.drawing === drawing).length);
      expect(Math.max(...times) - Math.min(...times), `seed ${seed}, ${set.name} ${gesture}`).toBeLessThan(2);
    }
    for (const { file, drawing } of own)
      expect(file.startsWith(`${set.part}/${drawing.gesture}/${set.name}-`)).toBe(true);
  }
  expect(planPictures(vendors, { train: 40, val: 12, test: 13 }, seed)).toEqual(plan);
  expect(planPictures(vendors, { train: 40, val: 12, test: 13 }, seed + 1)).not.toEqual(plan);
});

test("the licences' text names every set, author, licence and link", () => {
  const text = licencesText(vendors);
  for (const { package: name, version, author, licence } of vendors) {
    for (const word of [`${name} ${version}`, author.name, author.url, licence.title, licence.url])
      expect(text).toContain(word);
  }
});
