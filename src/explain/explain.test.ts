import { expect, test } from "vitest";
import { gemmClassifier, mobileNetV3, transformer, vgg } from "../../test/surgery/networks.ts";
import { exposing, run } from "../../test/surgery/run.ts";
import { random } from "../core/random.ts";
import { float32, floats, sizeOf } from "../core/tensor.ts";
import { prune } from "../surgery/cut.ts";
import { classInput, gradCam, mapGradient } from "./grad-cam.ts";
import { heatOf, seenRegion } from "./heat.ts";
import { lastMaps } from "./last-maps.ts";
import { occlusion } from "./occlusion.ts";
import { heatColour, overlay } from "./overlay.ts";

test("Grad-CAM is the positive part of the channels weighted by their mean gradient", () => {
  // α = (1, -2): position by position 1·a - 2·b, by hand.
  const map = float32([1, 5, 0, 2, 0, 1, 1, 3], [1, 2, 2, 2]);
  const gradient = float32([0, 2, 1, 1, -2, -2, -4, 0], [1, 2, 2, 2]);
  expect(gradCam(map, gradient)).toEqual({ width: 2, height: 2, values: Float32Array.of(1, 3, 0, 0) });
});

test.each([
  ["a pooled classifier", gemmClassifier(), "output"],
  ["MobileNet v3", mobileNetV3(), "out"],
  ["VGG", vgg(), "out"],
])("the gradient by the map of %s is that of finite differences", async (_, model, logits) => {
  expect(lastMaps(model, logits)).toEqual({ kind: "maps", maps: ["map"] });
  const shape = [1, 8, 8, 8];
  const { model: back, gradients } = mapGradient(model, logits, [{ name: "map", shape }], 5);
  const seed = 5;
  const rng = random(seed);
  const draw = () => Float32Array.from({ length: sizeOf(shape) }, () => rng.normal());
  const [at, direction] = [draw(), draw()];
  const which = float32([0, 0, 1, 0, 0], [5, 1]);
  const answer = await run(back, { map: float32(at, shape), [classInput]: which });
  const slope = floats(answer[gradients[0]!]!).reduce((sum, g, i) => sum + g * direction[i]!, 0);

  // The part behind the map, without any of the code under test.
  const behind = exposing(model, logits);
  const nodes = behind.graph.nodes.filter(({ outputs }) => !outputs.includes("map"));
  const inputs = [{ name: "map", type: { kind: "tensor", dtype: "float32", shape } as const }];
  const rest = { ...behind, graph: prune({ ...behind.graph, nodes, inputs }) };
  const logit = async (h: number): Promise<number> => {
    const map = float32(
      at.map((value, i) => value + h * direction[i]!),
      shape,
    );
    return floats((await run(rest, { map }))[logits]!)[2]!;
  };
  const h = 1e-3;
  const numeric = ((await logit(h)) - (await logit(-h))) / (2 * h);
  expect(
    Math.abs(slope - numeric) / Math.max(1, Math.abs(numeric)),
    `seed ${seed}: ${slope}, ${numeric}`,
  ).toBeLessThan(2e-3);
});

test("a transformer has no map near its end, and that is said", () => {
  const found = lastMaps(transformer({ ending: "classifier", classToken: "expanded" }), "out");
  expect(found).toEqual({ kind: "none", why: "it works on tokens up to its end, not on a map" });
});

test("occlusion finds the one corner that a network looks at", async () => {
  const [width, height] = [30, 20];
  const data = new Uint8Array(3 * width * height).fill(255);
  // The share of light in the upper left 4 x 4 pixels.
  const corner = async (picture: { readonly data: Uint8Array }): Promise<number> => {
    let sum = 0;
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) sum += picture.data[3 * (y * width + x)]! / 255 / 16;
    return sum;
  };
  const whole = { x: 0, y: 0, width, height };
  const { grid, runs } = await occlusion({ width, height, data }, whole, corner);
  expect([grid.width, grid.height, runs]).toEqual([10, 10, 82]);
  expect(grid.values.indexOf(Math.max(...grid.values))).toBe(0);
  // Its square covers 6 x 4 pixels, all that is looked at: 1 falls to 128/255.
  expect(grid.values[0]).toBeCloseTo(1 - 128 / 255, 5);
  const beyond = grid.values.filter((_, i) => i % 10 > 2 || i >= 30);
  expect(Math.max(...beyond)).toBe(0);
});

test("heat lies where the fit puts the network's square", () => {
  const picture = { width: 8, height: 4 };
  expect(seenRegion(picture, "squash")).toEqual({ x: 0, y: 0, width: 8, height: 4 });
  expect(seenRegion(picture, "cover")).toEqual({ x: 2, y: 0, width: 4, height: 4 });
  expect(seenRegion(picture, "contain")).toEqual({ x: 0, y: -2, width: 8, height: 8 });
  const grid = { width: 2, height: 1, values: Float32Array.of(0, 4) };
  const region = seenRegion(picture, "cover");
  const heat = heatOf([{ grid, region }], picture, picture);
  // Between the cells' middles, 3 and 5 from the left, heat rises evenly from 0 to 4; then by the largest.
  expect([...heat.values.subarray(0, 8)]).toEqual([0, 0, 0, 0.25, 0.75, 1, 0, 0]);
  expect([1, 2, 5, 6].map((x) => heat.seen(x, 0))).toEqual([false, true, true, false]);
});

test("colours run from black to pale yellow, ever lighter; unseen pixels are dark grey", () => {
  const light = Array.from({ length: 33 }, (_, i) => {
    const [red, green, blue] = heatColour(i / 32);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  expect(light).toEqual(light.toSorted((a, b) => a - b));
  expect([heatColour(0), heatColour(1), heatColour(0.5)]).toEqual([
    [0, 0, 4],
    [252, 255, 164],
    [188, 55, 84],
  ]);
  const values = Float32Array.of(1, 0);
  const shown = overlay(Uint8Array.of(100, 100, 100, 100, 100, 100), {
    width: 2,
    height: 1,
    values,
    seen: (x) => x === 0,
  });
  expect([...shown]).toEqual([184, 185, 135, 35, 35, 35]);
});
