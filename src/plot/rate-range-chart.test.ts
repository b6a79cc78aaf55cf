import { parseHTML } from "linkedom";
import sharp from "sharp";
import { expect, test } from "vitest";
import { rasterise } from "../data/encode-sharp.ts";
import { rateRangeChart } from "./rate-range-chart.ts";
import { dark, light } from "./theme.ts";

const points = Array.from({ length: 61 }, (_, i) => {
  const smoothed = i < 40 ? 1 - i / 80 : 0.5 + (i - 40) ** 2 / 10;
  return { rate: 10 ** (-6 + i / 10), loss: smoothed + (i % 2 ? 0.05 : -0.05), smoothed };
});
const suggestion = { rate: 1.2e-4, fall: { from: 1e-6, to: 1e-2 }, highest: 2.5e-2 };
const svg = rateRangeChart({ points, suggestion });
const drawn = () => parseHTML(`<body>${svg}</body>`).document;
const texts = () => [...drawn().querySelectorAll("text")].map((each) => String(each.textContent));

test("axes are labelled, the rate in decades, and the suggestion is marked", () => {
  expect(texts()).toEqual(
    expect.arrayContaining([
      "Learning-rate range test",
      "Learning rate (logarithmic)",
      "Loss of a batch (higher ones are off the chart)",
      ..."1e-6 1e-5 1e-4 1e-3 1e-2 1e-1 1e+0".split(" "),
      "1.2e-4",
      "2.5e-2",
    ]),
  );
});

test("the suggested rate's line stands where the logarithm says", () => {
  const ticks = [...drawn().querySelectorAll('[aria-label="x-axis tick label"] text')].map((each) => ({
    rate: Number(each.textContent),
    x: Number(/translate\(([\d.]+)/.exec(each.getAttribute("transform") ?? "")?.[1]),
  }));
  const at = (rate: number): number => ticks.find((tick) => tick.rate === rate)?.x ?? Number.NaN;
  const line = [
    ...drawn().querySelectorAll(`[stroke="${light.accent}"] line, line[stroke="${light.accent}"]`),
  ][0];
  const x =
    Number(line?.getAttribute("x1")) +
    Number(/translate\(([\d.]+)/.exec(String(line?.getAttribute("transform")))?.[1] ?? 0);
  const share = (Math.log10(1.2e-4) + 6) / 6;
  expect(x).toBeCloseTo(at(1e-6) + share * (at(1) - at(1e-6)), 0);
});

test("it is well-formed XML, which librsvg insists on, of the size that it says, light and opaque", async () => {
  const { data, info } = await sharp(await rasterise(svg))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([1440, 840]);
  expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  const accent = light.accent.match(/[0-9a-f]{2}/g)!.map((hex) => Number.parseInt(hex, 16));
  let found = 0;
  for (let i = 0; i < data.length; i += info.channels)
    if (accent.every((value, c) => data[i + c] === value)) found++;
  expect(found).toBeGreaterThan(1000);
  await expect(rasterise(svg.replace("</svg>", ""))).rejects.toThrow();
});

test("every light colour that is drawn has its dark one", () => {
  const style = drawn().querySelector("style")?.textContent ?? "";
  const used = new Set([...svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]{6})"/g)].map(([, colour]) => colour!));
  expect(used.size).toBeGreaterThan(5);
  expect(svg).not.toContain("currentColor");
  for (const colour of used) {
    const part = (Object.keys(light) as (keyof typeof light)[]).find((each) => light[each] === colour);
    expect(style, colour).toContain(`[fill="${colour}"]{fill:${dark[part!]}}`);
  }
});

test("the same data give the same text, whatever was drawn before", () => {
  expect(rateRangeChart({ points, suggestion })).toBe(svg);
});

test("without a suggestion there is still a chart", () => {
  const plain = rateRangeChart({ points: points.slice(0, 1), suggestion: undefined });
  expect(plain).toContain("<svg");
  expect(
    parseHTML(`<body>${plain}</body>`).document.querySelectorAll(`[stroke="${light.accent}"]`),
  ).toHaveLength(0);
});
