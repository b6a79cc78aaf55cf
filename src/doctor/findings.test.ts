import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { fingerprint } from "../data/fingerprint.ts";
import type { Pixels } from "../data/sample.ts";
import { parseList } from "../data/sources/list-rows.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { classFindings, confusionOf } from "./class-confusion.ts";
import { findingsCsv, listCsv } from "./csv.ts";
import { drawnRows } from "./curve.ts";
import { type ComparedPicture, duplicateFindings } from "./duplicates.ts";
import type { DataFinding } from "./finding.ts";
import { imbalanceFindings } from "./imbalance.ts";
import { greyOf, type Look, lookAt, mirrored } from "./look.ts";
import { neighboursOf } from "./neighbours.ts";
import { foldsOf } from "./out-of-fold.ts";
import { outlierFindings } from "./outliers.ts";
import { type LookedAt, qualityFindings } from "./quality.ts";
import { robustScores } from "./robust.ts";

/** Discs of drawn places and colours: something with a left and a right. */
async function scene(seed: number, side = 320): Promise<Pixels> {
  const rng = random(seed);
  const discs = Array.from({ length: 25 }, () => {
    const [x, y, r] = [rng.int(side), rng.int(side), 10 + rng.int(50)];
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="rgb(${rng.int(256)},${rng.int(256)},${rng.int(256)})"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="#888"/>${discs.join("")}</svg>`;
  return raw(sharp(Buffer.from(svg)));
}

async function raw(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

const asSharp = ({ width, height, data }: Pixels): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 } });
const kinds = (found: readonly DataFinding[]): string[] => found.map(({ kind }) => kind);
const seen = (file: string, look: Partial<Look> = {}, sides: [number, number] = [256, 300]): LookedAt => {
  return {
    file,
    label: "a",
    sides,
    look: { brightness: 120, contrast: 50, colour: 50, sharpness: 900, ...look },
  };
};

describe("looks", () => {
  test("grey, its spread and the Laplacian's variance are those worked out by hand", () => {
    // One white pixel in the middle of 3 x 3 black ones: mean 255/9; the one inner pixel has the Laplacian -4·255.
    const data = new Uint8Array(27);
    data.fill(255, 12, 15);
    const three = { width: 3, height: 3, data };
    const look = lookAt(greyOf(three), three);
    expect(look.brightness).toBeCloseTo(255 / 9, 3);
    expect(look.contrast).toBeCloseTo(Math.sqrt(255 ** 2 / 9 - (255 / 9) ** 2), 3);
    expect(look.colour).toBeCloseTo(look.contrast, 3);
    expect(look.sharpness).toBe(0);
    // A column of white in 4 x 3: the two inner pixels have -2·255 and +255, so mean -127.5 and variance 382.5².
    const column = new Uint8Array(36);
    for (let y = 0; y < 3; y++) column.fill(255, (y * 4 + 1) * 3, (y * 4 + 2) * 3);
    const four = { width: 4, height: 3, data: column };
    expect(lookAt(greyOf(four), four).sharpness).toBeCloseTo(382.5 ** 2, 0);
  });

  test("large pictures are averaged over areas: halves of two pixels and a half", () => {
    const data = Uint8Array.from([0, 100, 200, 50, 150].flatMap((grey) => [grey, grey, grey]));
    const five = { width: 5, height: 1, data };
    expect([...greyOf(five).data].map(Math.round)).toEqual([0, 100, 200, 50, 150]);
    const tall = {
      width: 2,
      height: 5,
      data: Uint8Array.from([0, 100, 200, 50, 150].flatMap((g) => Array(6).fill(g))),
    };
    const { width, height, data: halved } = greyOf(tall, 1);
    expect([width, height]).toEqual([1, 3]);
    // Cells of 5/3 pixels: (0 + 100·2/3)/(5/3) = 40, (100/3 + 200 + 50/3)/(5/3) = 150, (50·2/3 + 150)/(5/3) = 110.
    expect([...halved].map((value) => Number(value.toFixed(3)))).toEqual([40, 150, 110]);
  });

  test("blurring by sharp lowers what sharpness measures, far", async () => {
    const picture = await scene(1);
    const soft = await raw(asSharp(picture).blur(6));
    expect(lookAt(greyOf(soft), soft).sharpness).toBeLessThan(
      0.02 * lookAt(greyOf(picture), picture).sharpness,
    );
  });
});

test("blank, dark, tiny and blurred pictures are told of, each once, and usual ones are not", () => {
  const usual = Array.from({ length: 20 }, (_, i) => seen(`usual-${i}`, { sharpness: 500 + 40 * i }));
  const odd = [
    seen("blank", { contrast: 0.5, colour: 0.5, sharpness: 0 }),
    seen("equally-grey", { contrast: 0.5, colour: 40, sharpness: 0 }),
    seen("dark", { brightness: 9 }),
    seen("tiny", {}, [40, 50]),
    seen("blurred", { sharpness: 12 }),
    seen("soft", { sharpness: 250 }),
  ];
  const found = qualityFindings([...usual, ...odd]);
  expect(found.map(({ kind, files }) => `${kind} ${files}`)).toEqual([
    "blank blank",
    "dark dark",
    "tiny tiny",
    "blurred blurred",
  ]);
  // Where all are small, none is tiny.
  expect(qualityFindings(usual.map((each) => ({ ...each, sides: [32, 32] })))).toEqual([]);
  // Median 3, median distance 1: (9 - 3) / 1.4826.
  expect(robustScores(Float64Array.of(1, 2, 3, 4, 9))[4]).toBeCloseTo(6 / 1.4826, 10);
});

describe("duplicates", () => {
  const compared = async (
    file: string,
    pixels: Pixels,
    own: Partial<ComparedPicture> = {},
  ): Promise<ComparedPicture> => ({
    file,
    label: "a",
    sides: [320, 320],
    hash: file,
    fingerprint: fingerprint(pixels),
    mirrored: fingerprint(mirrored(greyOf(pixels))),
    ...own,
  });

  test("a flipped, re-encoded copy in another part is found, and strangers are not", async () => {
    const picture = await scene(2);
    const jpeg = await asSharp(picture).flop().resize(240).jpeg({ quality: 60 }).toBuffer();
    const found = duplicateFindings([
      await compared("one", picture, { part: "train" }),
      await compared("other", await scene(3), { part: "train" }),
      await compared("flipped", await raw(sharp(jpeg)), { part: "test" }),
    ]);
    expect(kinds(found)).toEqual(["duplicate-across-parts"]);
    expect(found[0]).toMatchObject({ files: ["one", "flipped"], drop: ["one"] });
    expect(found[0]!.reason).toMatch(/mirrored/);
  });

  test("features decide only where fingerprints resemble each other as well", async () => {
    const picture = await scene(4);
    const cropped = await raw(asSharp(picture).extract({ left: 16, top: 0, width: 304, height: 304 }));
    const three = [
      await compared("one", picture),
      await compared("crop", cropped, { label: "b" }),
      await compared("other", await scene(5)),
    ];
    const pairs = [
      { first: 0, second: 1, cosine: 0.9 },
      { first: 0, second: 2, cosine: 0.95 },
    ];
    const found = duplicateFindings(three, pairs);
    expect(found.map(({ kind, files }) => [kind, files])).toEqual([
      ["duplicate-across-classes", ["one", "crop"]],
    ]);
  });

  test("the same bytes: within a class one stays, in both ways of crossing there are two findings", async () => {
    const picture = await scene(6);
    const of = (file: string, own: Partial<ComparedPicture>) =>
      compared(file, picture, { hash: "h", ...own });
    const within = duplicateFindings([await of("one", {}), await of("two", {})]);
    expect(within).toMatchObject([{ kind: "duplicate", drop: ["two"], score: 1 }]);
    const across = duplicateFindings([
      await of("one", { part: "train" }),
      await of("two", { part: "val", label: "b" }),
    ]);
    expect(kinds(across)).toEqual(["duplicate-across-parts", "duplicate-across-classes"]);
    expect(across.map(({ drop }) => drop)).toEqual([["one"], ["one", "two"]]);
  });
});

describe("classes", () => {
  const classes = ["a", "b", "c", "misc"];
  /** One row a picture that is given as `from` and predicted as `to`. */
  const predictions = (rows: readonly (readonly [from: number, to: number, times: number])[]) => {
    const all = rows.flatMap(([from, to, times]) => Array.from({ length: times }, () => [from, to] as const));
    const probabilities = new Float32Array(all.length * 4);
    for (const [row, [, to]] of all.entries()) probabilities[row * 4 + to] = 1;
    return { probabilities, labels: Int32Array.from(all, ([from]) => from), classes };
  };

  test("a and b are taken for each other, misc for all; counts as laid out", () => {
    const confusion = confusionOf(
      predictions([
        [0, 0, 35],
        [0, 1, 15],
        [1, 1, 40],
        [1, 0, 10],
        [2, 2, 50],
        [3, 0, 16],
        [3, 1, 16],
        [3, 2, 15],
        [3, 3, 3],
      ]),
    );
    expect([...confusion.counts[3]!]).toEqual([16, 16, 15, 3]);
    expect([...confusion.recall].map((share) => Number(share.toFixed(2)))).toEqual([0.7, 0.8, 1, 0.06]);
    const found = classFindings(confusion, classes);
    expect(found[0]).toMatchObject({ kind: "not-a-class", classes: ["misc"] });
    expect(
      found.find(({ kind, classes: [a, b] }) => kind === "alike-classes" && a === "a" && b === "b")?.reason,
    ).toBe("25 of the 100 pictures of a and b are taken for the other");
    expect(found.some(({ classes: [a, b] }) => a === "a" && b === "c")).toBe(false);
  });

  test("a good classifier's classes are left alone, and a class of two pictures proves nothing", () => {
    expect(
      classFindings(
        confusionOf(
          predictions([
            [0, 0, 50],
            [1, 1, 49],
            [1, 0, 1],
            [2, 0, 1],
            [2, 1, 1],
            [3, 3, 50],
          ]),
        ),
        classes,
      ),
    ).toEqual([]);
  });

  test("imbalance says what it costs: by counts, or measured", () => {
    const sizes = [
      { name: "many", pictures: 90 },
      { name: "half", pictures: 45 },
      { name: "few", pictures: 15 },
    ];
    expect(imbalanceFindings(sizes)).toMatchObject([{ classes: ["few"], score: 6 }]);
    expect(imbalanceFindings(sizes)[0]!.reason).toMatch(/wrong on 10 % of the pictures only/);
    const measured = sizes.map((size, i) => ({ ...size, recall: [0.95, 0.9, 0.4][i] }));
    expect(imbalanceFindings(measured)[0]!.reason).toMatch(/40 % of its pictures are recognised, 90 %/);
  });
});

describe("features", () => {
  test("cosines and neighbours by the engine are those of plain sums", async () => {
    const rng = random(11);
    const [rows, width] = [600, 7];
    const features = Float32Array.from({ length: rows * width }, () => 5 + rng.normal());
    const {
      k,
      rows: near,
      cosines,
      pairs,
    } = await neighboursOf(features, width, nodeRuntime(), { k: 3, pairsFrom: 0.97 });
    const mean = Array.from({ length: width }, (_, c) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += features[row * width + c]!;
      return sum / rows;
    });
    const vector = (row: number): number[] => mean.map((centre, c) => features[row * width + c]! - centre);
    const cosine = (a: number[], b: number[]): number => {
      const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    for (const row of [0, 300, 599]) {
      const all = Array.from({ length: rows }, (_, other) => ({
        other,
        cosine: cosine(vector(row), vector(other)),
      }))
        .filter(({ other }) => other !== row)
        .sort((a, b) => b.cosine - a.cosine);
      expect([...near.subarray(row * k, row * k + k)], `row ${row}, seed 11`).toEqual(
        all.slice(0, 3).map(({ other }) => other),
      );
      expect(cosines[row * k]).toBeCloseTo(all[0]!.cosine, 4);
      const own = pairs.filter(({ first, second }) => first === row || second === row).length;
      expect(own, `row ${row}, seed 11`).toBe(all.filter((each) => each.cosine >= 0.97).length);
    }
  });

  test("a picture far from all others is an outlier", () => {
    const pictures = Array.from({ length: 30 }, (_, i) => seen(`${i}`));
    const cosines = Float32Array.from({ length: 60 }, (_, i) => (i >= 58 ? 0.05 : 0.6 + (i % 7) * 0.01));
    const found = outlierFindings(pictures, { k: 2, rows: new Int32Array(60), cosines, pairs: [] });
    expect(found.map(({ files }) => files)).toEqual([["29"]]);
  });

  test("folds are of one size, every class in each, and twins stay together", () => {
    const labels = Int32Array.from({ length: 100 }, (_, i) => i % 4);
    const groups = Int32Array.from({ length: 100 }, (_, i) => (i < 8 ? i % 4 : i));
    const folds = foldsOf(labels, groups, 5, 3);
    for (let i = 0; i < 4; i++) expect(folds[i], "seed 3").toBe(folds[i + 4]);
    for (let fold = 0; fold < 5; fold++) {
      const own = [...labels].filter((_, row) => folds[row] === fold);
      expect(own.length, "seed 3").toBeGreaterThanOrEqual(18);
      expect(new Set(own).size).toBe(4);
    }
  });

  test("a share is drawn class by class, the same for the same seed", () => {
    const labels = Int32Array.from({ length: 50 }, (_, i) => (i < 40 ? 0 : 1));
    const rows = drawnRows(labels, 0.2, 5);
    expect(rows.filter((row) => row < 40).length).toBe(8);
    expect(rows.length).toBe(10);
    expect(drawnRows(labels, 0.2, 5)).toEqual(rows);
    expect(drawnRows(labels, 0.2, 6)).not.toEqual(rows);
    expect(drawnRows(labels, 1, 7)).toEqual([...labels.keys()]);
  });
});

test("a cleaned list reads back as it was meant; findings stay cells in a spreadsheet", () => {
  const pictures = [
    { path: 'a/say "hi", all.jpg', label: "red; blue", part: "train" as const },
    { path: "=b.jpg", label: "x", part: undefined },
  ];
  const read = parseList("clean.csv", new TextEncoder().encode(listCsv(pictures)));
  expect(read.map(({ path, label, part }) => ({ path, label, part }))).toEqual(pictures);
  const finding = {
    kind: "dark",
    files: ["=1+1.jpg"],
    classes: ["a"],
    reason: "r",
    action: "a",
    score: 0.5,
    drop: [],
  } as const;
  expect(findingsCsv([finding])).toBe(
    "kind,score,files,classes,reason,action\ndark,0.5000,'=1+1.jpg,a,r,a\n",
  );
});
