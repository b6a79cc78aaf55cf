import { parseHTML } from "linkedom";
import sharp from "sharp";
import { expect, test } from "vitest";
import { rasterise } from "../data/encode-sharp.ts";
import { learningCurveChart, type MeasuredErrors } from "./learning-curve-chart.ts";
import { dark, light } from "./theme.ts";

const points = [
  { n: 100, errors: 30, trials: 200 },
  { n: 100, errors: 34, trials: 200 },
  { n: 200, errors: 26, trials: 200 },
  { n: 400, errors: 21, trials: 200 },
  { n: 800, errors: 17, trials: 200 },
  { n: 1000, errors: 16, trials: 200 },
];
const outlook = {
  verdict: "likely",
  law: { a: 0.04, b: 1.2, c: 0.5 },
  from: 1000,
  to: 2000,
  error: 0.0668,
  interval: [0.05, 0.09],
} satisfies MeasuredErrors["outlook"];
const svg = learningCurveChart({ points, outlook });
const drawn = (text: string) => parseHTML(`<body>${text}</body>`).document;

test("sizes, accuracies and what twice the data would give are said", () => {
  const texts = [...drawn(svg).querySelectorAll("text")].map((each) => String(each.textContent));
  for (const text of [
    "Learning curve",
    "Training pictures (logarithmic)",
    "Accuracy on held-out pictures",
    ..."100 200 400 800 1000 2000".split(" "),
    "Twice the data: likely 93.3 % (95 %: 91.0 % to 95.0 %), shaded",
  ])
    expect(texts).toContain(text);
});

test("each draw is a dot, the look ahead another", () => {
  const dots = [...drawn(svg).querySelectorAll("circle")];
  expect(dots.length).toBe(points.length + 1);
});

test("where nothing can be said, no curve and no look ahead are drawn", () => {
  const plain = learningCurveChart({ points, outlook: { ...outlook, verdict: "no-trend" } });
  expect(plain).toContain("cannot be said");
  expect(drawn(plain).querySelectorAll("circle").length).toBe(points.length);
  expect(
    drawn(plain).querySelectorAll(`circle[fill="${light.accent}"], g[fill="${light.accent}"]`).length,
  ).toBe(0);
  expect(
    drawn(svg).querySelectorAll(`circle[fill="${light.accent}"], g[fill="${light.accent}"]`).length,
  ).toBe(2);
});

test("it is well-formed XML, and every light colour has its dark one", async () => {
  const { info } = await sharp(await rasterise(svg))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([1440, 840]);
  expect(svg).not.toContain("currentColor");
  const style = drawn(svg).querySelector("style")?.textContent ?? "";
  for (const [, colour] of svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]{6})"/g)) {
    const part = (Object.keys(light) as (keyof typeof light)[]).find((each) => light[each] === colour);
    expect(style, colour).toContain(`[fill="${colour}"]{fill:${dark[part!]}}`);
  }
});
