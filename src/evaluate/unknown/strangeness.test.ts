import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { bellFeatures } from "../testing/congruential.ts";
import { energyStrangeness, softmaxStrangeness } from "./logit-strangeness.ts";
import { fitGaussians, mahalanobisStrangeness, relativeStrangeness } from "./mahalanobis-strangeness.ts";
import { nearestStrangeness, neighbourhood } from "./nearest-strangeness.ts";

/** Six rows that go further and further from the known ones. */
function asked(width: number): Float32Array {
  return bellFeatures(8, 6, width, 3).features.map((value, i) => value + 0.6 * Math.floor(i / width));
}

// numpy 2.4.6: (x - m)ᵀ·inv(C)·(x - m), C by scikit-learn 1.9.1's ledoit_wolf(assume_centered=True) of the rows less
// their class means; the background's is C and the covariance of the means; "unit" the same on rows of length 1;
// NearestNeighbors(5) on rows of length 1.
const reference = [
  {
    rows: 60,
    width: 8,
    shrinkage: 0.5099166166050922,
    distance: [12.6105497, 6.4531698, 28.3456948, 86.188243, 87.6287413, 134.384642],
    relative: [0.00888284, -1.9042039, 5.10059295, 10.2270145, 0.5218081, 0.314647],
    unit: [6.89979589, 4.3052318, 11.1820841, 10.1682749, 10.1559717, 9.60980316],
    fifth: [0.54734011, 0.4310104, 0.62574454, 0.53108518, 0.5532965, 0.48414186],
  },
  {
    rows: 15,
    width: 24,
    shrinkage: 0.6208570390074766,
    distance: [32.4370778, 76.8154727, 77.7321547, 93.264671, 294.802956, 287.642775],
    relative: [-1.37598792, 4.15503405, 13.0808613, 5.19408521, 6.43973352, 18.9296923],
    unit: [31.225014835, 26.391608, 30.2873781, 28.1756973, 31.9939899, 23.2647003],
    fifth: [1.14927999, 0.99312729, 0.896059, 0.94285439, 0.8788970225, 0.93222467],
  },
] as const;

test.each(reference)(
  "$rows rows of $width: Mahalanobis, relative and fifth-neighbour distance are the reference's",
  (of) => {
    const known = bellFeatures(7, of.rows, of.width, 3);
    const strangers = asked(of.width);
    const gaussians = fitGaussians(known, { unit: false });
    const units = fitGaussians(known);
    expect(gaussians.shrinkage).toBeCloseTo(of.shrinkage, 6);
    const found = {
      distance: mahalanobisStrangeness(gaussians, strangers),
      relative: relativeStrangeness(gaussians, strangers),
      unit: mahalanobisStrangeness(units, strangers),
      fifth: nearestStrangeness(neighbourhood(known.features, of.width), strangers, 5),
    };
    for (const name of ["distance", "relative", "unit", "fifth"] as const) {
      for (const [row, value] of of[name].entries()) {
        const scale = Math.max(1, Math.abs(value));
        expect(found[name][row]! / scale, `${name}, row ${row}`).toBeCloseTo(value / scale, 4);
      }
    }
  },
);

test("energy and softmax by hand", () => {
  const logits = Float32Array.of(0, 0, Math.log(3), 0, 1000, 0);
  const energy = energyStrangeness(logits, 2);
  expect(energy[0]).toBeCloseTo(-Math.log(2), 12);
  expect(energy[1]).toBeCloseTo(-Math.log(4), 6);
  expect(energy[2]).toBe(-1000);
  const unsure = softmaxStrangeness(logits, 2);
  expect(unsure[0]).toBeCloseTo(0.5, 12);
  expect(unsure[1]).toBeCloseTo(0.25, 6);
  expect(unsure[2]).toBe(0);
  // T = 2: (√3, 1) shares out √3/(√3 + 1).
  expect(softmaxStrangeness(logits, 2, 2)[1]).toBeCloseTo(1 / (Math.sqrt(3) + 1), 6);
  expect(energyStrangeness(logits, 2, 2)[0]).toBeCloseTo(-2 * Math.log(2), 12);
});

test("a neighbour's length does not matter, its direction does", () => {
  const known = neighbourhood(Float32Array.of(5, 0, 0, 3, -1, 0), 2);
  const distances = (k: number): number[] => [...nearestStrangeness(known, Float32Array.of(0.2, 0), k)];
  expect(distances(1)[0]).toBeCloseTo(0, 6);
  expect(distances(2)[0]).toBeCloseTo(Math.SQRT2, 6);
  expect(distances(3)[0]).toBeCloseTo(2, 6);
  expect(() => distances(4)).toThrow(/no neighbour number 4 among 3 training pictures/);
});

test("a feature that never moves, twins, and a class without rows do no harm", () => {
  const features = Float32Array.of(1, 7, 2, 7, 2, 7, 5, 7);
  const known = { features, width: 2, labels: Int32Array.of(0, 0, 2, 2), classes: 3 };
  const gaussians = fitGaussians(known, { unit: false });
  expect(gaussians.classes.centres).toHaveLength(2);
  const distances = mahalanobisStrangeness(gaussians, Float32Array.of(1.5, 7, 30, 7, 1.5, 90));
  expect(distances[0]).toBeCloseTo(0, 10);
  expect(distances[1]).toBeGreaterThan(distances[0]!);
  expect(distances[2]).toBeGreaterThan(distances[0]!);
  const same = fitGaussians({ ...known, features: new Float32Array(8).fill(3) });
  expect([...mahalanobisStrangeness(same, Float32Array.of(3, 3))].every(Number.isFinite)).toBe(true);
});

test("1,300 rows of 1,280 features: a whole fit, and strangers further off than what is known", () => {
  const [rows, width, seed] = [1300, 1280, 6];
  const rng = random(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 5);
  const features = Float32Array.from(
    { length: rows * width },
    (_, i) => rng.normal() + (i % width === Math.floor(i / width) % 5 ? 4 : 0),
  );
  const gaussians = fitGaussians({ features, width, labels, classes: 5 }, { unit: false });
  const fresh = Float32Array.from(
    { length: 20 * width },
    (_, i) => (i < 10 * width ? 1 : 1.3) * rng.normal(),
  );
  const found = mahalanobisStrangeness(gaussians, fresh);
  expect(Math.max(...found.subarray(0, 10)), `seed ${seed}`).toBeLessThan(Math.min(...found.subarray(10)));
});
