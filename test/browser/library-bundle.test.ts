import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { version } from "../../src/core/version.ts";
import { bundle } from "./library-page.ts";

/** A sentence of the solver's own, which nothing but training can say. */
const ofTraining = "A classifier learns what tells classes apart.";

test("the whole library bundles for browsers: nothing of Node's, nothing left out, within its budget", async () => {
  const { text, code, gzipped, metafile } = await bundle('export * from "tsugiki/browser"');
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  expect(imports.filter(({ path, external }) => external || path.startsWith("node:"))).toEqual([]);
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  expect([...new Set(packages)]).toEqual(["@bufbuild/protobuf"]);
  expect(text).toContain(ofTraining);
  expect(code.length).toBeLessThan(245_000);
  expect(gzipped).toBeLessThan(90_000);
});

test("a page that only classifies gets no training code, and a sixth of the bytes", async () => {
  const { text, code, gzipped } = await bundle(
    'export { loadClassifier, webRuntime } from "tsugiki/browser"',
  );
  expect(text).not.toContain(ofTraining);
  expect(code.length).toBeLessThan(37_500);
  expect(gzipped).toBeLessThan(14_500);
});

test("what bundles for a browser would not bundle with a module of Node's in it", async () => {
  await expect(bundle('export * from "./src/core/folder-node.ts"')).rejects.toThrow(/"node:/);
});

test("the version is that of package.json", () => {
  const file = readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8");
  expect(JSON.parse(file)).toMatchObject({ version });
});
