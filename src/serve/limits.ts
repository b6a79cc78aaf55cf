import { UsageError } from "../index.ts";
import type { Limits } from "./contract.ts";

const defaults: Limits = {
  bytes: 20_000_000,
  pixels: 50_000_000,
  pictures: 64,
  queue: 256,
  memory: 256_000_000,
  seconds: 30,
  connections: 1024,
};

/** A day: timers take no more than 2^31 milliseconds. */
const mostSeconds = 86_400;

/** The limits, with defaults where none are given. Throws UsageError for those that mean nothing. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits = { ...defaults, ...given };
  const refuse = (option: keyof Limits, next: string): UsageError =>
    new UsageError(
      { what: `A limit of ${limits[option]} for ${option} means nothing.`, next },
      { option, value: limits[option] },
    );
  for (const option of ["bytes", "pixels", "pictures", "queue", "memory", "connections"] as const)
    if (!Number.isSafeInteger(limits[option]) || limits[option] < 1)
      throw refuse(option, "Give a whole number from 1.");
  if (!(limits.seconds > 0 && limits.seconds <= mostSeconds))
    throw refuse("seconds", `Give seconds above 0, up to ${mostSeconds}.`);
  if (limits.queue < limits.pictures)
    throw refuse("queue", `One request may bring ${limits.pictures} pictures: give at least as many.`);
  if (limits.memory < limits.bytes)
    throw refuse("memory", `One body may have ${limits.bytes} bytes: give at least as many.`);
  return limits;
}
