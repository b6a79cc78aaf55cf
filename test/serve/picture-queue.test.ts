import { expect, test } from "vitest";
import { PictureQueue } from "../../src/serve/picture-queue.ts";

/** Works that end when they are told to. */
function works() {
  const begun: string[] = [];
  const ends = new Map<string, { resolve(value: string): void; reject(error: Error): void }>();
  const work = (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      begun.push(name);
      ends.set(name, { resolve, reject });
    });
  const settle = async (name: string, error?: Error): Promise<void> => {
    if (error) ends.get(name)!.reject(error);
    else ends.get(name)!.resolve(name.toUpperCase());
    // The queue goes on in later microtasks.
    await new Promise(setImmediate);
  };
  return { begun, work, settle };
}

const never = new AbortController().signal;

test("every lane is kept busy, in the order of arrival, across requests", async () => {
  const queue = new PictureQueue(2, 10);
  const { begun, work, settle } = works();
  const first = queue.all(["a", "b", "c"], work, never);
  const second = queue.all(["d"], work, never);
  expect([begun, queue.waiting, queue.busy]).toEqual([["a", "b"], 2, 2]);
  await settle("b");
  await settle("c");
  expect([begun, queue.waiting, queue.busy]).toEqual([["a", "b", "c", "d"], 0, 2]);
  await settle("d");
  expect(await second).toEqual(["D"]);
  await settle("a");
  expect(await first).toEqual(["A", "B", "C"]);
  expect([queue.waiting, queue.busy]).toEqual([0, 0]);
});

test("a request is taken whole or refused whole", async () => {
  const queue = new PictureQueue(1, 2);
  const { begun, work, settle } = works();
  const first = queue.all(["a"], work, never);
  const second = queue.all(["b"], work, never);
  await expect(queue.all(["c", "d"], work, never)).rejects.toMatchObject({ evidence: { status: 503 } });
  const third = queue.all(["e"], work, never);
  expect(() => queue.ensureRoom()).toThrow(/The queue is full: 2 pictures wait/);
  for (const name of ["a", "b", "e"]) await settle(name);
  expect(await Promise.all([first, second, third])).toEqual([["A"], ["B"], ["E"]]);
  expect(begun).toEqual(["a", "b", "e"]);
});

test("what waits leaves when its request ends; what has begun keeps its lane until it is done", async () => {
  const queue = new PictureQueue(1, 10);
  const { begun, work, settle } = works();
  const ended = new AbortController();
  const first = queue.all(["a", "b"], work, ended.signal);
  const second = queue.all(["c"], work, never);
  ended.abort(new Error("too late"));
  await expect(first).rejects.toThrow("too late");
  expect([begun, queue.waiting, queue.busy]).toEqual([["a"], 1, 1]);
  await settle("a");
  await settle("c");
  expect(await second).toEqual(["C"]);
  expect(begun).toEqual(["a", "c"]);
  await expect(queue.all(["d"], work, ended.signal)).rejects.toThrow("too late");
  expect(queue.waiting).toBe(0);
});

test("one that fails ends its request's waiting, and no other's", async () => {
  const queue = new PictureQueue(1, 10);
  const { begun, work, settle } = works();
  const first = queue.all(["a", "b"], work, never);
  const second = queue.all(["c"], work, never);
  const failed = expect(first).rejects.toThrow("broken");
  await settle("a", new Error("broken"));
  await failed;
  await settle(begun.at(-1)!);
  if (begun.includes("b")) await settle("c");
  expect(await second).toEqual(["C"]);
  expect([queue.waiting, queue.busy]).toEqual([0, 0]);
});
