import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { evaluateLabels } from "../evaluate/label-report.ts";
import { comparePaired } from "../evaluate/paired.ts";
import { comparisonSentence } from "./compare.ts";
import type { ReportData } from "./data.ts";
import { headlineSentence } from "./headline.ts";
import { chooseShown, fairSample, shownPictures } from "./pictures.ts";
import { renderReport } from "./render.ts";
import { answersOf, dataOf, pixel } from "./testing/hand-made.ts";

const classes = ["cat", "dog", "owl"];
const answers = answersOf(30, classes, 5);
const render = async (data: ReportData) => parseHTML(await renderReport(data)).document;
const texts = (nodes: Iterable<{ textContent: string | null }>): string[] =>
  [...nodes].map(({ textContent }) => String(textContent));

test("the headline in plain words: 24 of 30 by Wilson's interval, worked out by hand", () => {
  // (0.8 + 3.8415/60 ± 1.96·√(0.16/30 + 3.8415/3600)) / (1 + 3.8415/30) = 0.766 ± 0.139
  expect(headlineSentence(dataOf(answers, classes))).toBe(
    "Of 100 new pictures like these, about 80 will be right; with 30 tested, between 62 and 91.",
  );
});

test("the confusion matrix counts as the answers do, and each cell's link leads to its pictures", async () => {
  const page = await render(dataOf(answers, classes));
  const rows = [...page.querySelectorAll(".matrix tbody tr")];
  expect(rows.map((row) => texts(row.querySelectorAll("td")))).toEqual([
    ["8", "2", ""],
    ["", "8", "2"],
    ["2", "", "8"],
  ]);
  for (const link of page.querySelectorAll("a[data-opens]")) {
    const target = page.getElementById(link.getAttribute("data-opens") ?? "");
    expect(target, link.outerHTML).not.toBeNull();
    if (link.closest(".matrix td"))
      expect(target?.querySelectorAll(".tile")).toHaveLength(Number(link.textContent));
  }
  const ids = [...page.querySelectorAll("[id]")].map((each) => each.id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the surest mistakes stand first", async () => {
  const page = await render(dataOf(answers, classes));
  const told = [...page.querySelectorAll("#mistakes .tile")].map((tile) => tile.getAttribute("title"));
  expect(told[0]).toBe("owl 92\u202f%, wrong: it is dog. dog/25.jpg");
  expect(told).toHaveLength(6);
});

test("hostile names stay text, wherever they stand", async () => {
  const evil = `"><img src=x onerror=alert(1)><script>alert(2)</script>'&\u202e`;
  const bad = answersOf(12, [evil, "</style><b>", "${"], 3).map((answer) => ({
    ...answer,
    file: `${evil}/${answer.file}`,
  }));
  const names = [evil, "</style><b>", "${"];
  const data = dataOf(bad, names, {
    name: evil,
    date: evil,
    command: evil,
    options: [[evil, evil]],
    versions: [[evil, evil]],
    bases: [{ name: evil, licence: evil }],
    lost: [evil],
    findings: [{ kind: evil, files: [bad[0]!.file], reason: evil, action: evil }],
    heatMaps: [{ file: evil, truth: evil, predicted: evil, picture: pixel }],
    thumbnails: new Map([
      [bad[0]!.file, pixel],
      [bad[1]!.file, `javascript:alert(3)`],
      [bad[2]!.file, `https://example.org/spy.png`],
    ]),
    comparisons: [
      {
        name: evil,
        shared: 2,
        onlyHere: 0,
        onlyThere: 0,
        paired: comparePaired([0, 1], [1, 1]),
        theirs: new Map([[bad[1]!.file, bad[1]!]]),
        options: [{ name: evil, theirs: evil, ours: "" }],
      },
    ],
  });
  const page = await render(data);
  expect(page.querySelectorAll("script")).toHaveLength(1);
  expect(page.querySelectorAll("[onerror]")).toHaveLength(0);
  expect(page.querySelectorAll("img[src=x]")).toHaveLength(0);
  const hrefs = [...page.querySelectorAll("[href],[src]")].map(
    (each) => each.getAttribute("href") ?? each.getAttribute("src") ?? "",
  );
  expect(hrefs.filter((href) => !/^(#[\w-]+|data:,|data:image\/webp;base64,[\w+/=]+)$/.test(href))).toEqual(
    [],
  );
  const text = await renderReport(data);
  expect(text).not.toContain("\u202e");
  expect(texts(page.querySelectorAll("h1"))).toEqual([evil.replace("\u202e", "\ufffd")]);
  const known: unknown = JSON.parse(
    page.querySelector("#sample .tile")?.getAttribute("data-picture") ?? "null",
  );
  expect(known).toMatchObject({ truth: evil.replace("\u202e", "\ufffd") });
});

test("5,000 answers and a thousand classes make a page of bounded size", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
  for (const names of [classes, many]) {
    const large = answersOf(5000, names, 3);
    const thumbnails = new Map(chooseShown(large).map(({ file }) => [file, pixel]));
    expect(thumbnails.size).toBe(shownPictures);
    const page = await renderReport(dataOf(large, names, { thumbnails }));
    expect(page.length, `${names.length} classes`).toBeLessThan(1_500_000);
  }
});

test("what is shown: the fair sample does not look at answers, and nothing is chosen twice", () => {
  const large = answersOf(1000, classes, 2);
  const sample = fairSample(large, 400);
  const wrong = sample.filter(({ right }) => !right).length;
  // 400 of 1,000, half of them wrong: hypergeometric, sd = 7.7.
  expect(Math.abs(wrong - 200)).toBeLessThan(31);
  const shown = chooseShown(large);
  expect(new Set(shown.map(({ file }) => file)).size).toBe(shownPictures);
  expect(chooseShown(large)).toEqual(shown);
});

test("the same data give the same text; without figures it says so", async () => {
  const data = dataOf(answers, classes);
  expect(await renderReport(data)).toBe(await renderReport(data));
  const page = await render({ ...dataOf(answers, classes), ...nothing, answers: [], part: null });
  expect(String(page.querySelector("header")?.textContent)).toContain("nothing could be measured");
});

const nothing = { evaluation: null, thumbnails: new Map<string, string>() };

test("several labels at once: mean average precision, a table by label, no confusion matrix", async () => {
  const labels = ["red", "round"];
  const evaluation = evaluateLabels({
    probabilities: Float32Array.of(0.75, 0.125, 0.25, 0.125, 0.9, 0.8),
    targets: Float32Array.of(1, 1, 0, 0, 1, 1),
    classes: labels,
  });
  const told = [
    { file: "a", truth: "red, round", predicted: "red", right: false, certainty: 0.875, top: [] },
    { file: "b", truth: "none", predicted: "none", right: true, certainty: 0.75, top: [] },
    { file: "c", truth: "red, round", predicted: "red, round", right: true, certainty: 0.8, top: [] },
  ];
  const page = await render({ ...dataOf(answers, classes), answers: told, evaluation });
  expect(page.getElementById("confusion")).toBeNull();
  // red is ranked c, a, b: 1. round is ranked c, then a and b alike: (1 + 2/3) / 2.
  expect(page.querySelector(".figure")?.textContent).toBe("91.7\u202f% mean average precision");
  expect(texts(page.querySelectorAll("#classes tbody th"))).toEqual(labels);
  expect(texts(page.querySelectorAll("#behind h3"))).toEqual(["Some label wrong 1", "All labels right 2"]);
});

test("calibration before and after, prediction sets, the doctor's findings and heat maps stand where a run has them", async () => {
  const bins = [
    { low: 0.5, high: 1, count: 30, confidence: 0.9, accuracy: 0.8, interval: [0.6, 0.9] as const },
  ];
  const error = { ece: 0.1, mce: 0.1, interval: [0, 0.2] as const, faultless: [0, 0.05] as const, bins };
  const after = { ...error, ece: 0.02 };
  const held = { n: 30, share: 0.9, interval: [0.75, 0.96] as const };
  const page = await render(
    dataOf(answers, classes, {
      calibration: { temperature: 1.5, val: null, test: { before: error, after } },
      sets: { asked: 0.95, held, meanSize: 1.25 },
      strangers: { asked: 0.05, own: null, outliers: held },
      findings: [{ kind: "blurred", files: ["cat/0.jpg"], reason: "hardly an edge", action: "look" }],
      heatMaps: [{ file: "cat/0.jpg", truth: "cat", predicted: "dog", picture: pixel }],
      curves: { head: [{ x: 1, trainLoss: 2, valLoss: 3 }] },
    }),
  );
  const drawn = texts(page.querySelectorAll(".charts > svg > title"));
  expect(drawn).toEqual([
    "Found, by class",
    "Before temperature scaling",
    "After temperature scaling",
    "Loss of the head",
  ]);
  expect(page.getElementById("calibration")?.textContent).toContain("from 10.0\u202f% to 2.0\u202f%");
  expect(page.getElementById("doubts")?.textContent).toContain("1.25 classes on average");
  expect(page.getElementById("doctor")?.textContent).toContain("hardly an edge → look");
  expect(page.querySelectorAll("#heat-maps img")).toHaveLength(1);
});

test("a difference is called one only where its interval leaves out 0", () => {
  const first = Array.from({ length: 100 }, (_, i) => (i < 50 ? 1 : 0));
  const better = Array.from({ length: 100 }, (_, i) => (i < 80 ? 1 : 0));
  const little = Array.from({ length: 100 }, (_, i) => (i < 51 ? 1 : 0));
  expect(comparisonSentence(comparePaired(first, better), "a", "b")).toBe("a is better than b.");
  expect(comparisonSentence(comparePaired(better, first), "a", "b")).toBe("a is worse than b.");
  expect(comparisonSentence(comparePaired(first, little), "a", "b")).toContain("may be chance");
  expect(comparisonSentence(comparePaired(first, first), "a", "b")).toContain("the very same pictures");
});
