import { afterAll, beforeAll, expect, test } from "vitest";
import { finish, mapConcurrent, tap } from "./async.ts";

const unhandled: unknown[] = [];
const keep = (error: unknown): void => void unhandled.push(error);
beforeAll(() => process.on("unhandledRejection", keep));
afterAll(async () => {
  await pause(20);
  process.off("unhandledRejection", keep);
  expect(unhandled).toEqual([]);
});

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** 1, 2, 3 and then "result"; writes down when it is closed. */
async function* counting(log: string[]): AsyncGenerator<number, string> {
  try {
    for (let i = 1; i <= 3; i++) yield i;
    return "result";
  } finally {
    await pause(1);
    log.push("closed");
  }
}

const failure = new Error("no");
const fail = (): never => {
  throw failure;
};

test("finish hands on every event in order and answers the result", async () => {
  const [log, seen]: [string[], number[]] = [[], []];
  expect(await finish(counting(log), (event) => seen.push(event))).toBe("result");
  expect([seen, log]).toEqual([[1, 2, 3], ["closed"]]);
});

test("finish closes the stream when onEvent throws", async () => {
  const log: string[] = [];
  await expect(finish(counting(log), fail)).rejects.toBe(failure);
  expect(log).toEqual(["closed"]);
});

test("tap: onEvent first, then the consumer; the result is handed on", async () => {
  const log: string[] = [];
  const stream = tap(counting(log), (event) => log.push(`event ${event}`));
  let step = await stream.next();
  for (; !step.done; step = await stream.next()) log.push(`consumer ${step.value}`);
  expect(step.value).toBe("result");
  expect(log).toEqual(
    ["event 1", "consumer 1", "event 2", "consumer 2", "event 3", "consumer 3"].concat("closed"),
  );
});

test("tap closes the stream when the consumer stops, when it throws and when onEvent throws", async () => {
  const log: string[] = [];
  for await (const _ of tap(counting(log), () => {})) break;
  expect(log).toEqual(["closed"]);

  const consume = async (onEvent: () => void, body: () => void): Promise<void> => {
    for await (const _ of tap(counting(log), onEvent)) body();
  };
  await expect(consume(() => {}, fail)).rejects.toBe(failure);
  expect(log).toHaveLength(2);
  await expect(consume(fail, () => {})).rejects.toBe(failure);
  expect(log).toHaveLength(3);
});

test("tap tells the first error, not the one met while closing", async () => {
  async function* fragile(): AsyncGenerator<number, void> {
    try {
      yield 1;
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: a clean-up that fails is what is tried here
      throw new Error("while closing");
    }
  }
  await expect(finish(fragile(), fail)).rejects.toBe(failure);
  await expect(
    (async () => {
      for await (const _ of tap(fragile(), () => {})) break;
    })(),
  ).rejects.toThrow("while closing");
});

test("mapConcurrent keeps the order and never has more than its lanes under way", async () => {
  let [underway, most] = [0, 0];
  const work = async (item: number, index: number): Promise<string> => {
    most = Math.max(most, ++underway);
    // The later begun, the sooner done.
    await pause(20 - 2 * (index % 10));
    underway--;
    return `${item}@${index}`;
  };
  const items = Array.from({ length: 20 }, (_, i) => 100 - i);
  const results: string[] = [];
  for await (const result of mapConcurrent(items, 3, work)) results.push(result);
  expect(results).toEqual(items.map((item, index) => `${item}@${index}`));
  expect([most, underway]).toEqual([3, 0]);
});

test("mapConcurrent waits for what is under way when the consumer stops or throws, and begins no more", async () => {
  for (const stop of ["break", "throw"] as const) {
    const [begun, done]: [number[], number[]] = [[], []];
    const work = async (item: number): Promise<number> => {
      begun.push(item);
      await pause(5 * item);
      done.push(item);
      return item;
    };
    const consume = async (): Promise<void> => {
      for await (const _ of mapConcurrent([1, 2, 3, 4, 5, 6], 2, work)) {
        if (stop === "break") break;
        fail();
      }
    };
    if (stop === "break") await consume();
    else await expect(consume()).rejects.toBe(failure);
    expect([begun, done], stop).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  }
});

test("mapConcurrent throws a failed work's error at its turn, later failures are swallowed", async () => {
  const done: number[] = [];
  const work = async (item: number): Promise<number> => {
    await pause(item);
    if (item % 2 === 0) throw new Error(`item ${item}`);
    done.push(item);
    return item;
  };
  const results: number[] = [];
  const consume = async (): Promise<void> => {
    for await (const result of mapConcurrent([9, 2, 4, 7, 1], 4, work)) results.push(result);
  };
  await expect(consume()).rejects.toThrow("item 2");
  expect(results).toEqual([9]);
  // Begun when item 9 was done, so waited for.
  expect(done).toEqual([7, 9, 1].sort((a, b) => done.indexOf(a) - done.indexOf(b)));
});
