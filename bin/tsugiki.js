#!/usr/bin/env node
// The published package holds dist/ and no src/. A clone holds src/, and dist/ only once it was built: there the
// command first builds what is missing or stale, which takes a second, so that it works right after `npm ci` and never
// runs old code.
import { existsSync } from "node:fs";

if (existsSync(new URL("../src/", import.meta.url))) {
  const { buildIfStale } = await import("../tools/build.js");
  await buildIfStale();
}
await import("../dist/command/main.js");
