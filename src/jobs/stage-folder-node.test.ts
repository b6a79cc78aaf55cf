import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStage } from "./stage-folder-node.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "tsugiki-stage-"));
});
afterEach(() => rmSync(out, { recursive: true }));

test("folders of processes that are gone are swept with what is in them, those of living ones stay", async () => {
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  const stray = join(out, `.tsugiki-${gone}-abc123`);
  mkdirSync(stray);
  writeFileSync(join(stray, "checkpoint.safetensors"), "half");
  // A number that was another process's before this one had it, as happens in containers.
  mkdirSync(join(out, `.tsugiki-${process.pid}-fedcba`));
  mkdirSync(join(out, `.tsugiki-${process.ppid}-abc123`));
  mkdirSync(join(out, ".tsugiki-notes"));
  const [one, other] = [await createStage(out), await createStage(out)];
  const expected = [`.tsugiki-${process.ppid}-abc123`, ".tsugiki-notes", basename(one), basename(other)];
  expect(readdirSync(out).sort()).toEqual(expected.sort());
});

test("it makes the run's folder with all above it", async () => {
  const deep = join(out, "runs", "mine");
  const stage = await createStage(deep);
  expect(readdirSync(deep)).toEqual([basename(stage)]);
});
