// Compiles src/ to dist/ with tsc and bundles the command; `npm run build` and a clone's `tsugiki` command call it.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const work = join(root, ".cache");
/** Holds the time of the youngest source that dist/ was built from; written last, so half a build is never taken. */
const stamp = join(work, "built");
const lock = join(work, "build-lock");

/** Files that a browser gets as they were written: tsc would make modules of scripts that are none. Below src/. */
const pages = ["export/web/page"];

/** A build takes a second or two; whoever holds the lock for so many milliseconds is stuck. */
const patience = 60_000;

/** Milliseconds of the youngest source, folders with them: their time tells that a file was taken away. */
function youngestSource() {
  const source = join(root, "src");
  const entries = readdirSync(source, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  const times = [source, join(root, "tsconfig.build.json"), ...paths].map(
    // A file may go between the two looks at it.
    (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return String(Math.max(...times));
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function isFresh() {
  return existsSync(join(dist, "command", "main.js")) && read(stamp)?.toString() === youngestSource();
}

/** @param {number} pid */
function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH";
  }
}

/** Whether the lock's holder was killed, or is stuck. */
function isAbandoned() {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  // Empty for the moment between being made and being written.
  const holder = Number(read(lock));
  return age > patience || (holder > 0 && !lives(holder));
}

/** Takes away what builds that were killed left behind. */
function sweep() {
  for (const name of readdirSync(work)) {
    const [, pid] = /^build-(\d+)/.exec(name) ?? [];
    if (pid !== undefined && !lives(Number(pid))) rmSync(join(work, name), { recursive: true, force: true });
  }
}

function takeLock() {
  mkdirSync(work, { recursive: true });
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return writeFileSync(lock, String(process.pid), { flag: "wx" });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    }
    // Should two take an abandoned lock, both build the same: each file is put in place whole.
    if (isAbandoned()) rmSync(lock, { force: true });
    else Atomics.wait(clock, 0, 0, 20);
  }
}

/** @param {string} folder */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Packages of plain modules, some of them hundreds: these go into the command's files. */
const manyModules = ["@bufbuild/protobuf", "@observablehq/plot", "csv-parse", "linkedom"];

/**
 * The command in a few files: finding and linking its six hundred modules one by one takes longer than running them. Other
 * packages stay outside, and what a module looks for beside itself is looked for where the module stands.
 * @param {string} folder
 */
async function bundle(folder) {
  const outdir = join(folder, "command");
  const { build } = await import("esbuild");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const external = Object.keys(dependencies).filter((name) => !manyModules.includes(name));
  const { metafile } = await build({
    entryPoints: [join(folder, "cli", "main.js")],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external,
    logLevel: "error",
    metafile: true,
    banner: { js: "const bundleUrl = import.meta.url;" },
    define: { "import.meta.url": "moduleUrl" },
    plugins: [
      {
        name: "module-urls",
        setup({ onLoad }) {
          onLoad({ filter: /\.js$/ }, ({ path }) => {
            const code = readFileSync(path, "utf8");
            if (!code.includes("import.meta.url")) return undefined;
            const place = JSON.stringify(relative(outdir, path).replaceAll("\\", "/"));
            return { contents: `const moduleUrl = new URL(${place}, bundleUrl).href;\n${code}` };
          });
        },
      },
    ],
  });
  writeFileSync(join(outdir, "LICENSES.txt"), licencesOf(Object.keys(metafile.inputs)));
}

/**
 * What the packages whose code went into the files ask to be told with it.
 * @param {readonly string[]} inputs paths of modules
 */
function licencesOf(inputs) {
  const found = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  const texts = [...new Set(found)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    return `${name} ${version}, ${license}\n${text}`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/**
 * Compiles beside dist/, then puts each file that differs in its place by a rename. So dist/ lacks no file at any moment,
 * a start that comes meanwhile waits for the lock, and a process that runs already keeps all that did not change.
 */
async function compile() {
  const youngest = youngestSource();
  const fresh = join(work, `build-${process.pid}`);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) {
    console.error("This clone is not built, and the compiler is not installed. Run `npm ci` first.");
    return false;
  }
  sweep();
  try {
    // Types are checked by `npm run check`; here only code is wanted.
    const options = ["-p", join(root, "tsconfig.build.json"), "--noCheck", "--outDir", fresh];
    const run = spawnSync(process.execPath, [tsc, ...options], { stdio: ["ignore", "inherit", "inherit"] });
    if (run.status !== 0) return false;
    for (const page of pages) {
      rmSync(join(fresh, page), { recursive: true, force: true });
      cpSync(join(root, "src", page), join(fresh, page), { recursive: true });
    }
    await bundle(fresh);
    const built = filesIn(fresh);
    for (const file of built) {
      const [from, to] = [join(fresh, file), join(dist, file)];
      if (read(to)?.equals(readFileSync(from))) continue;
      mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
    }
    const wanted = new Set(built);
    for (const file of filesIn(dist)) if (!wanted.has(file)) rmSync(join(dist, file), { force: true });
    writeFileSync(stamp, youngest);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** @param {boolean} always */
async function build(always) {
  takeLock();
  let done = false;
  try {
    // Another process may have built it while this one waited.
    done = (!always && isFresh()) || (await compile());
  } finally {
    if (Number(read(lock)) === process.pid) rmSync(lock, { force: true });
  }
  if (!done) process.exit(1);
}

export async function buildIfStale() {
  if (!isFresh()) await build(false);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build(true);
