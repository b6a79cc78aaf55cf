import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { networkOf } from "./network-settings.ts";

test("--views is refused where nothing is frozen", () => {
  for (const [options, message] of [
    [{ strategy: "full" }, /^--views does nothing with --strategy full: views are kept behind a frozen part/],
    [{ strategy: "scratch" }, /^--views does nothing with --strategy scratch:/],
    [{ strategy: "finetune", unfreeze: "all" }, /^--views does nothing with --unfreeze all:/],
  ] as const) {
    expect(() => networkOf({ ...options, views: 4 })).toThrow(UsageError);
    expect(() => networkOf({ ...options, views: 4 })).toThrow(message);
    expect(networkOf(options)?.stages[0]).toMatchObject({ views: "auto" });
  }
  expect(networkOf({ strategy: "finetune", views: 2 })?.stages[0]).toMatchObject({ views: 2 });
});
