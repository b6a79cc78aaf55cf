import { expect, test } from "vitest";
import { parseAugmentation } from "./parse.ts";
import { type AugmentationSpec, varies } from "./spec.ts";

test("what varies pictures is told from what says so with amounts of nothing", () => {
  const still: AugmentationSpec[] = [
    {},
    parseAugmentation("none"),
    { rotate: 0, zoom: [1, 1], erase: { probability: 0, area: [0.1, 0.2] }, mixup: 0 },
    { zoom: [1.5, 1.5] },
  ];
  for (const spec of still) expect(varies(spec), JSON.stringify(spec)).toBe(false);
  const moving: AugmentationSpec[] = [
    parseAugmentation("light"),
    { flip: true },
    { pad: 4 },
    { hue: 0.1 },
    { zoom: [0.9, 1.1] },
    { crop: { area: [0.5, 0.5], ratio: [1, 1] } },
    { erase: { probability: 0.1, area: [0.1, 0.2] } },
    { cutmix: 1 },
  ];
  for (const spec of moving) expect(varies(spec), JSON.stringify(spec)).toBe(true);
});
