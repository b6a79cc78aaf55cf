import { expect, test } from "vitest";
import { following, unlessAborted } from "./abort.ts";

test("work that never ends is left as soon as the signal is aborted", async () => {
  const { signal, abort } = bound(new AbortController());
  const work = unlessAborted(new Promise(() => {}), signal);
  abort(new Error("enough"));
  await expect(work).rejects.toThrow("enough");
  await expect(unlessAborted(new Promise(() => {}), signal)).rejects.toThrow("enough");
});

test("what work says comes through, and later aborts are nobody's concern", async () => {
  const { signal, abort } = bound(new AbortController());
  expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(unlessAborted(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  abort(new Error("late"));
});

test("a controller follows a signal until it is let go", () => {
  const { signal, abort } = bound(new AbortController());
  const [one, other] = [following(signal), following(signal)];
  other.letGo();
  abort(new Error("enough"));
  expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false]);
  expect(following(signal).signal.reason).toEqual(new Error("enough"));
});

function bound(controller: AbortController) {
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) };
}
