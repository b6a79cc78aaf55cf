import type { Part } from "./sample.ts";

const spellings: Record<string, Part> = {
  train: "train",
  training: "train",
  val: "val",
  valid: "val",
  validation: "val",
  dev: "val",
  test: "test",
  testing: "test",
};

/** The part that a folder's name or a list's column means, upper and lower case alike; "dev" only lists say. */
export function partOf(name: string): Part | undefined {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(spellings, key) ? spellings[key] : undefined;
}

/** The part that a folder's name means. */
export function partOfFolder(name: string): Part | undefined {
  return name.toLowerCase() === "dev" ? undefined : partOf(name);
}
