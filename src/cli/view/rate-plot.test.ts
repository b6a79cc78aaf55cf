import { expect, test } from "vitest";
import { ratePlot } from "./rate-plot.ts";

test("a fall and a rise, with both marks, over decades of the rate", () => {
  const points = Array.from({ length: 25 }, (_, i) => {
    const decade = -6 + i / 4;
    const smoothed = decade <= -2 ? 1 - (decade + 6) / 10 : 0.6 + (decade + 2) * 3;
    return { rate: 10 ** decade, smoothed };
  });
  const marks = [
    { rate: 1e-4, character: "|" },
    { rate: 1e-2, character: ":" },
  ];
  expect(`\n${ratePlot({ points, marks, columns: 37, rows: 6 })}\n`).toMatchInlineSnapshot(`
    "
     0.900 |     ***    |           :
           |        ****|           :
           |            ****        :
           |            |   ***     :
           |            |      **** :
     0.600 |            |          **
           +-------------------------------------
            1e-6  1e-5  1e-4  1e-3  1e-2  1e-1  1e0
    "
  `);
});

test("one point is no curve, and a level one stays on one line", () => {
  const at = (rate: number) => ({ rate, smoothed: 0.5 });
  expect(ratePlot({ points: [at(1e-3)], marks: [], columns: 20, rows: 4 })).toBe("");
  const level = ratePlot({ points: [at(1e-3), at(1e-2)], marks: [], columns: 20, rows: 4 }).split("\n");
  expect(level.filter((line) => line.includes("*"))).toEqual([` 0.500 |${"*".repeat(20)}`]);
});
