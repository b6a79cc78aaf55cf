import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "./folder-node.ts";

test("makes what is missing, and again does nothing", () => {
  const root = mkdtempSync(join(tmpdir(), "tsugiki-folder-"));
  try {
    const deep = join(root, "a/b/c");
    makeFolder(deep);
    makeFolder(deep);
    expect(existsSync(deep)).toBe(true);
    writeFileSync(join(root, "file"), "");
    expect(() => makeFolder(join(root, "file/below"))).toThrow(/ENOTDIR/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.skipIf(!existsSync("/proc/self"))("a folder that can never be made fails, and does not hang", () => {
  expect(() => makeFolder("/proc/no/such")).toThrow(/ENOENT/);
});
