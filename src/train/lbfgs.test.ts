import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { correction, type Evaluation, minimise } from "./lbfgs.ts";

/** f = Σ 100(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)², minimum 0 at (1, ..., 1) (Rosenbrock 1960, chained). */
async function rosenbrock(x: Float64Array): Promise<Evaluation> {
  const gradient = new Float64Array(x.length);
  let value = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const bend = x[i + 1]! - x[i]! ** 2;
    const away = 1 - x[i]!;
    value += 100 * bend ** 2 + away ** 2;
    gradient[i]! += -400 * x[i]! * bend - 2 * away;
    gradient[i + 1]! += 200 * bend;
  }
  return { value, gradient };
}

test.each([2, 10])("Rosenbrock's valley in %i dimensions", async (size) => {
  const start = Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
  const found = await minimise(rosenbrock, start, { tolerance: 1e-10 });
  expect(found.status).toBe("converged");
  for (const x of found.parameters) expect(x).toBeCloseTo(1, 7);
  // scipy's L-BFGS-B takes about 45 evaluations from this start in two dimensions.
  if (size === 2) expect(found.evaluations).toBeLessThan(70);
});

test.each([1e2, 1e4, 1e6])("a quadratic of condition %d, optimum known", async (condition) => {
  const seed = 7;
  const rng = random(seed);
  const size = 30;
  const curvatures = Float64Array.from({ length: size }, (_, i) => condition ** (i / (size - 1)));
  const optimum = Float64Array.from({ length: size }, () => rng.normal());
  const found = await minimise(
    async (x) => {
      const gradient = x.map((value, i) => curvatures[i]! * (value - optimum[i]!));
      return { value: gradient.reduce((sum, g, i) => sum + (g * (x[i]! - optimum[i]!)) / 2, 0), gradient };
    },
    new Float64Array(size),
    { tolerance: 1e-12, maxIterations: 5000 },
  );
  const worst = Math.max(...found.parameters.map((x, i) => Math.abs(x - optimum[i]!)));
  expect(worst, `seed ${seed}, ${found.status}`).toBeLessThan(1e-5);
});

test("a start at the optimum is converged without a step", async () => {
  const found = await minimise(rosenbrock, Float64Array.of(1, 1));
  expect(found).toMatchObject({ status: "converged", iterations: 0, evaluations: 1, value: 0 });
});

test("a region where the value is not a number is backed out of", async () => {
  // f = x - log x: minimum 1 at 1, not a number left of 0, and the second step overshoots there.
  const found = await minimise(
    async ([x = 0]) => ({ value: x - Math.log(x), gradient: Float64Array.of(1 - 1 / x) }),
    Float64Array.of(30),
    { tolerance: 1e-9 },
  );
  expect(found.parameters[0]).toBeCloseTo(1, 8);
});

test("an objective rounded to float32 ends near its optimum and terminates", async () => {
  const found = await minimise(
    async (x) => {
      const { value, gradient } = await rosenbrock(x);
      return { value: Math.fround(1 + value), gradient: Float64Array.from(gradient, Math.fround) };
    },
    Float64Array.of(-1.2, 1),
    { tolerance: 1e-12 },
  );
  expect(found.value - 1).toBeLessThan(1e-6);
  expect(found.evaluations).toBeLessThan(400);
});

test("a gradient that is half noise near the optimum stalls soon instead of running to the limit", async () => {
  const seed = 9;
  const rng = random(seed);
  const found = await minimise(
    async (x) => {
      const gradient = Float64Array.from(x, (value, i) => (i + 1) * value + 1e-3 * rng.normal());
      return { value: 1 + x.reduce((sum, value, i) => sum + ((i + 1) * value ** 2) / 2, 0), gradient };
    },
    new Float64Array(20).fill(1),
    { tolerance: 1e-9, precision: 1e-6 },
  );
  expect(found.status, `seed ${seed}`).toBe("stalled");
  expect(found.evaluations, `seed ${seed}`).toBeLessThan(300);
  expect(found.value - 1, `seed ${seed}`).toBeLessThan(1e-4);
});

test("a slope without end stops at the limit; one that is not a number stalls", async () => {
  const falling = await minimise(
    async (x) => ({ value: -x[0]!, gradient: Float64Array.of(-1) }),
    Float64Array.of(0),
    {
      maxIterations: 3,
    },
  );
  expect(falling.status).not.toBe("converged");
  const broken = await minimise(
    async () => ({ value: Number.NaN, gradient: Float64Array.of(Number.NaN) }),
    Float64Array.of(0),
  );
  expect(broken).toMatchObject({ status: "stalled", iterations: 0 });
});

test("the same start gives identical bytes", async () => {
  const run = () => minimise(rosenbrock, Float64Array.of(-1.2, 1, 0.5), { tolerance: 1e-8 });
  expect((await run()).parameters).toEqual((await run()).parameters);
});

test("an aborted signal stops between evaluations", async () => {
  const control = new AbortController();
  let calls = 0;
  const running = minimise(
    async (x) => {
      if (++calls === 3) control.abort();
      return rosenbrock(x);
    },
    Float64Array.of(-1.2, 1),
    { signal: control.signal },
  );
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  expect(calls).toBe(3);
});

test("curvature carried to a neighbouring problem spares evaluations there", async () => {
  const seed = 11;
  const rng = random(seed);
  const size = 200;
  const curvatures = Float64Array.from({ length: size }, (_, i) => 1e4 ** (i / (size - 1)));
  const optimum = Float64Array.from({ length: size }, () => rng.normal());
  const penalised =
    (lambda: number) =>
    async (x: Float64Array): Promise<Evaluation> => {
      const gradient = x.map((value, i) => curvatures[i]! * (value - optimum[i]!) + lambda * value);
      const value = x.reduce(
        (sum, at, i) => sum + (curvatures[i]! * (at - optimum[i]!) ** 2 + lambda * at ** 2) / 2,
        0,
      );
      return { value, gradient };
    };
  const options = { tolerance: 1e-4, gradientScale: 1e4, memory: 30 };
  const first = await minimise(penalised(1), new Float64Array(size), options);
  expect(first.corrections).toHaveLength(30);
  // y of the other problem is its gradient's change along s, exactly: 1 x s less.
  const moved = first.corrections.flatMap(({ s, y }) => {
    return (
      correction(
        s,
        y.map((change, i) => change - s[i]!),
      ) ?? []
    );
  });
  const cold = await minimise(penalised(0), first.parameters, options);
  const warm = await minimise(penalised(0), first.parameters, { ...options, corrections: moved });
  expect([cold.status, warm.status]).toEqual(["converged", "converged"]);
  expect(warm.evaluations, `seed ${seed}: ${cold.evaluations} cold`).toBeLessThan(cold.evaluations);
});
