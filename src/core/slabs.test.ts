import { expect, test } from "vitest";
import { Slabs } from "./slabs.ts";

test("a slab that was given back is lent again, to whom it is large enough and not far too large for", () => {
  const slabs = new Slabs();
  const slab = slabs.take(150_528);
  expect(slab.byteLength).toBe(2 ** 18);
  expect(slabs.take(150_528), "it is lent already").not.toBe(slab);
  slabs.give(slab);
  expect(slabs.take(1000)).not.toBe(slab);
  expect(slabs.take(2 ** 18 + 1)).not.toBe(slab);
  expect(slabs.take(2 ** 17 + 1)).toBe(slab);
});

test("nothing is a size, too", () => {
  expect(new Slabs().take(0).byteLength).toBeGreaterThan(0);
});

test("no more lies idle than may, and nothing large", () => {
  const slabs = new Slabs(2 ** 20);
  const [first, second] = [slabs.take(2 ** 20), slabs.take(2 ** 20)];
  slabs.give(first);
  slabs.give(second);
  expect(slabs.take(2 ** 20)).toBe(first);
  expect(slabs.take(2 ** 20)).not.toBe(second);
  const large = slabs.take(20_000_000);
  expect(large.byteLength).toBe(20_000_000);
  slabs.give(large);
  expect(slabs.take(20_000_000)).not.toBe(large);
});
