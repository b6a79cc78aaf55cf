import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats } from "../core/tensor.ts";
import { cancels, fold, foldHead, noStandard, standardOf, unfoldGradient } from "./standardise.ts";

test("mean and std by hand; a constant feature gets std 1, also where rounding makes it tremble", () => {
  const tremble = Math.fround(1000.0001);
  const { mean, std } = standardOf({
    rows: 4,
    width: 4,
    features: Float32Array.of(1, 5, 0, 1000, 2, 5, 0, tremble, 3, 5, 0, 1000, 4, 5, 0, 1000),
    labels: new Int32Array(4),
  });
  expect([...mean.subarray(0, 3)]).toEqual([2.5, 5, 0]);
  expect([...std]).toEqual([Math.sqrt(1.25), 1, 1, 1]);
});

test("a feature whose weight float32 could not hold has no say, whatever gradient comes of it", () => {
  const { mean, std } = standardOf({
    rows: 2,
    width: 1,
    features: Float32Array.of(3e38, -3e38),
    labels: new Int32Array(2),
  });
  const [weights, bias] = [Float64Array.of(2), Float64Array.of(1)];
  fold(weights, bias, { mean, std });
  expect([...weights, ...bias]).toEqual([0, 1]);
  const gradient = Float64Array.of(Number.POSITIVE_INFINITY);
  unfoldGradient(gradient, Float64Array.of(1), { mean, std });
  expect([...gradient]).toEqual([0]);
});

test("a small spread on a large mean keeps its digits", () => {
  const rows = 1000;
  const features = Float32Array.from({ length: rows }, (_, i) => 10_000 + (i % 2));
  expect(standardOf({ rows, width: 1, features, labels: new Int32Array(rows) }).std[0]).toBeCloseTo(0.5, 9);
});

test("a feature all but silent beside the others counts as a thousandth of them, at any scale", () => {
  for (const scale of [1, 1e-6, 1e6]) {
    // Spreads of 1, 2, 3 and 1e-8, and a constant.
    const rows = [-1, 1].flatMap((sign) => [sign, 2 * sign, 3 * sign, 1e-8 * sign, 0]);
    const features = Float32Array.from(rows, (value) => value * scale);
    const { std } = standardOf({ rows: 2, width: 5, features, labels: new Int32Array(2) });
    for (const [i, share] of [1, 2, 3, 2e-3].entries()) expect(std[i]! / scale / share).toBeCloseTo(1, 6);
    expect(std[4]).toBeGreaterThanOrEqual(1);
  }
});

const standard = { mean: Float64Array.of(2, -1), std: Float64Array.of(4, 0.5) };

test("a folded layer on raw features equals the layer on standardised ones", () => {
  const [weights, bias] = [Float64Array.of(1, 2, 3, 4), Float64Array.of(0.5, -0.5)];
  fold(weights, bias, standard);
  const x = [6, 0];
  // standardised: (6 - 2)/4 = 1 and (0 + 1)/0.5 = 2
  const expected = [1 * 1 + 2 * 3 + 0.5, 1 * 2 + 2 * 4 - 0.5];
  for (const j of [0, 1])
    expect(x[0]! * weights[j]! + x[1]! * weights[2 + j]! + bias[j]!).toBeCloseTo(expected[j]!, 12);
});

test("unfoldGradient is the chain rule of fold, by finite differences", () => {
  const seed = 5;
  const rng = random(seed);
  const draw = (n: number) => Float64Array.from({ length: n }, () => rng.normal());
  const [w, b, u, v, gw, gb] = [draw(4), draw(2), draw(4), draw(2), draw(4), draw(2)];
  // A loss that is linear in the folded parameters, <gw, W'> + <gb, b'>, moved along (u, v).
  const loss = (h: number): number => {
    const [weights, bias] = [w.map((value, i) => value + h * u[i]!), b.map((value, i) => value + h * v[i]!)];
    fold(weights, bias, standard);
    return weights.reduce(
      (sum, value, i) => sum + value * gw[i]!,
      bias.reduce((sum, value, i) => sum + value * gb[i]!, 0),
    );
  };
  const numeric = (loss(1) - loss(-1)) / 2;
  unfoldGradient(gw, gb, standard);
  // `loss` reads gw and gb: the numeric side is taken before they change.
  const analytic = gw.reduce(
    (sum, g, i) => sum + g * u[i]!,
    gb.reduce((sum, g, i) => sum + g * v[i]!, 0),
  );
  expect(analytic, `seed ${seed}`).toBeCloseTo(numeric, 10);
});

test("foldHead touches the first layer only", () => {
  const parameters = new Map([
    ["head.0.weight", float32([1, 2], [2, 1])],
    ["head.0.bias", float32([0])],
    ["head.1.weight", float32([1, 1], [1, 2])],
    ["head.1.bias", float32([0, 0])],
  ]);
  const spec = [{ kind: "dense", units: 1, activation: "relu" }] as const;
  const folded = foldHead(spec, { width: 2, classes: 2 }, parameters, standard);
  expect([...floats(folded.get("head.0.weight")!)]).toEqual([0.25, 4]);
  expect([...floats(folded.get("head.0.bias")!)]).toEqual([-0.5 + 4]);
  expect(folded.get("head.1.weight")).toBe(parameters.get("head.1.weight"));
});

test("features far from zero in their stds are told from ordinary ones", () => {
  expect(cancels(standard)).toBe(false);
  expect(cancels({ mean: Float64Array.of(1, 1000), std: Float64Array.of(1, 1) })).toBe(true);
  expect(cancels(noStandard(3))).toBe(false);
});
