// Compiles src/ to dist/ with tsc; `npm run build` and a clone's `tsugiki` command call it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

/** Milliseconds of the youngest source; dist/ is stale when it is older. */
function youngestSource() {
  const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
  const times = sources.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(...times, statSync(join(root, "tsconfig.build.json")).mtimeMs);
}

/** Builds into a folder of its own and then swaps, so that a process beside this one never meets half of it. */
export function build() {
  const fresh = join(root, ".cache", `build-${process.pid}`);
  const old = `${fresh}-old`;
  mkdirSync(dirname(fresh), { recursive: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) {
    console.error("This clone is not built, and the compiler is not installed. Run `npm ci` first.");
    process.exit(1);
  }
  // Types are checked by `npm run check`; here only code is wanted.
  const run = spawnSync(
    process.execPath,
    [tsc, "-p", join(root, "tsconfig.build.json"), "--noCheck", "--outDir", fresh],
    {
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  if (run.status !== 0) process.exit(1);
  if (existsSync(dist)) renameSync(dist, old);
  try {
    renameSync(fresh, dist);
  } catch {
    // Another process was quicker and put the same code there.
  }
  rmSync(old, { recursive: true, force: true });
  rmSync(fresh, { recursive: true, force: true });
}

export function buildIfStale() {
  if (!existsSync(join(dist, "index.js")) || statSync(dist).mtimeMs < youngestSource()) build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
