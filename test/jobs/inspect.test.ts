import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { finish, type Inspection, type InspectOptions, inspect } from "../../src/index.ts";

let folder: string;
let data: string;
/** A class, one of its files, and another class. */
let own: string;
let file: string;
let other: string;

const inspected = (options: Partial<InspectOptions> = {}): Promise<Inspection> =>
  finish(inspect({ data, cache: join(folder, "cache"), ...options }));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-inspect-"));
  data = join(folder, "patterns");
  const train = join(data, "train");
  mkdirSync(data);
  await drawPatterns(train, 20, 3);
  [own, other] = readdirSync(train).sort() as [string, string];
  file = readdirSync(join(train, own)).sort()[0]!;
  for (const label of readdirSync(train)) mkdirSync(join(data, "test", label), { recursive: true });
  // In the test part a training picture again; in training a blank one, and a file that is none.
  copyFileSync(join(train, own, file), join(data, "test", own, "again.png"));
  for (const label of readdirSync(train)) {
    const names = readdirSync(join(train, label)).sort();
    for (const name of names.slice(16)) {
      copyFileSync(join(train, label, name), join(data, "test", label, name));
      rmSync(join(train, label, name));
    }
  }
  const blank = sharp({ create: { width: 80, height: 80, channels: 3, background: "#456" } });
  await blank.png().toFile(join(train, other, "blank.png"));
  writeFileSync(join(train, other, "broken.png"), "no picture");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("without features: what is wrong is found, written, and left out of the cleaned list", async () => {
  const [csv, apply, out] = [
    join(folder, "f/findings.csv"),
    join(folder, "f/clean.csv"),
    join(folder, "doctor"),
  ];
  const before = readdirSync(data, { recursive: true }).length;
  const { findings, base, left, written, pictures } = await inspected({ csv, apply, out });
  expect(base).toBeNull();
  const of = (kind: string): string[] =>
    findings.filter((each) => each.kind === kind).flatMap(({ files }) => files);
  expect(of("unreadable")).toEqual([`train/${other}/broken.png`]);
  expect(of("blank")).toEqual([`train/${other}/blank.png`]);
  expect(of("duplicate-across-parts")).toEqual(
    expect.arrayContaining([`train/${own}/${file}`, `test/${own}/again.png`]),
  );
  expect([...written].sort()).toEqual([apply, csv, join(out, "doctor.json")].sort());

  const rows: Record<string, string>[] = parse(readFileSync(csv), { columns: true });
  expect(rows.map(({ kind }) => kind)).toEqual(findings.map(({ kind }) => kind));
  expect(JSON.parse(readFileSync(join(out, "doctor.json"), "utf8")).findings).toEqual(findings);

  // The cleaned list opens as data, and nothing of that kind is left in it.
  const again = await inspected({ data: apply });
  expect(again.pictures).toBe(left?.kept);
  expect(again.pictures).toBe(pictures - left!.dropped);
  expect(
    again.findings.filter(({ kind }) => ["unreadable", "blank", "duplicate-across-parts"].includes(kind)),
  ).toEqual([]);
  expect(again.classes.map(({ name }) => name)).toEqual(readdirSync(join(data, "train")).sort());
  expect(readdirSync(data, { recursive: true }).length).toBe(before);
});

test("with features of the box: a wrong label is suspected, and --drop leaves it out", async () => {
  const wrong = join(data, "train", own, "moved.png");
  const source = readdirSync(join(data, "train", other)).find((name) => !/^(blank|broken)/.test(name))!;
  const from = join(data, "train", other, source);
  copyFileSync(from, wrong);
  rmSync(from);
  try {
    const apply = join(folder, "f/named.csv");
    const { findings, base, left, learningCurve } = await inspected({
      features: true,
      learningCurve: true,
      apply,
      drop: ["suspect-label"],
      out: join(folder, "curve"),
    });
    expect(base).toBe("box");
    const suspects = findings.filter(({ kind }) => kind === "suspect-label");
    const moved = suspects.find(({ files }) => files.includes(`train/${own}/moved.png`));
    expect(moved?.classes, JSON.stringify(suspects)).toEqual([own, other]);
    expect(left?.kinds).toContain("suspect-label");
    expect(readFileSync(apply, "utf8")).not.toContain("moved.png");
    const sizes = new Set(learningCurve?.points.map(({ n }) => n));
    expect(sizes.size).toBe(5);
    for (const { errors, trials } of learningCurve?.points ?? []) expect(errors).toBeLessThanOrEqual(trials);
    expect(existsSync(join(folder, "curve", "learning-curve.svg"))).toBe(true);
  } finally {
    copyFileSync(wrong, from);
    rmSync(wrong);
  }
});

test("a folder of strangers is probably no class, unless it was declared as one", async () => {
  const strangers = join(data, "train", "none");
  mkdirSync(strangers);
  try {
    const first = join(data, "train", own);
    for (const name of readdirSync(first)) copyFileSync(join(first, name), join(strangers, name));
    const noClass = ({ findings }: Inspection): string[] =>
      findings.filter(({ kind }) => kind === "not-a-class").flatMap(({ classes }) => classes);
    expect(noClass(await inspected())).toEqual(["none"]);
    const declared = await inspected({ outliers: "none" });
    expect(noClass(declared)).toEqual([]);
    // Pictures that stand among the strangers and in a class are told of all the same.
    expect(declared.findings.map(({ kind }) => kind)).toContain("duplicate-across-classes");
  } finally {
    rmSync(strangers, { recursive: true });
  }
});

test("senseless requests are refused before anything is looked at", async () => {
  const refused = (options: Partial<InspectOptions>) => expect(inspected(options)).rejects;
  await refused({ apply: join(folder, "x.csv"), drop: ["suspect-labels"] }).toThrow(/Closest: suspect-label/);
  await refused({ outliers: "nothing" }).toThrow(/cannot be declared as outliers/);
  await refused({ drop: ["dark"] }).toThrow(/--apply FILE/);
  await refused({ csv: join(folder, "x.txt") }).toThrow(/no name of a CSV file/);
  await refused({ apply: join(data, "clean.csv") }).toThrow(/lies in the data itself/);
});
