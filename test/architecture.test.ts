import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/** Rooms of the table in docs/ARCHITECTURE.md: the folder, and what it may import. */
function rooms(): Map<string, Set<string>> {
  const text = readFileSync(resolve(import.meta.dirname, "../docs/ARCHITECTURE.md"), "utf8");
  const rows = text.matchAll(/^\| `([a-z.]+)\/?` +\|.*\| ([a-z., ]*[a-z]) +\|$/gm);
  return new Map(
    [...rows].map(([, room, allowed]) => [room!, new Set(allowed === "nothing" ? [] : allowed!.split(", "))]),
  );
}

function roomOf(path: string): string {
  return relative(source, path).split(sep)[0]!;
}

/** Product code: tests may reach for the engine they check against. */
const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !/\.test\.ts$|[\\/]testing[\\/]/.test(path));

/** What a source text imports, however it is written; types in comments count as well. */
const writings = [
  // import x from "a", export * from "a", over as many lines as it takes.
  /^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm,
  // import "a", for its side effects.
  /^\s*import\s*["']([^"']+)["']/gm,
  // import("a"), import x = require("a").
  /\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/g,
];

function importsOf(text: string): string[] {
  return writings.flatMap((writing) => [...text.matchAll(writing)].map(([, name]) => name!));
}

function imports(path: string): string[] {
  return importsOf(readFileSync(path, "utf8"));
}

test("no way of importing is overlooked", () => {
  const text = `
    import a from "./plain.ts";
    import {
      b,
      type C,
    } from "./lines.ts";
    export * from './single.ts';
    import "./effect.ts";
    import d = require("./require.ts");
    const e = await import("./dynamic.ts");
    const f = await import(
      "./dynamic-lines.ts"
    );
    export const message = "not from './a/text.ts'";
    /** @typedef {import("./typedef.ts").G} G */
    // import h from "./comment.ts"`;
  const found = "plain lines single effect require dynamic dynamic-lines typedef".split(" ");
  expect(importsOf(text).sort()).toEqual(found.map((name) => `./${name}.ts`).sort());
});

test("every room stands in the table, and the table names no other", () => {
  expect([...rooms().keys()].sort()).toEqual([...new Set(files.map(roomOf))].sort());
});

test("a room imports only what the table lets it", () => {
  const table = rooms();
  const forbidden: string[] = [];
  for (const path of files) {
    const room = roomOf(path);
    for (const name of imports(path).filter((one) => one.startsWith("."))) {
      const other = roomOf(resolve(dirname(path), name));
      if (other !== room && !table.get(room)?.has(other)) {
        forbidden.push(`${relative(source, path)} imports ${name}: ${room} may not import ${other}`);
      }
    }
  }
  expect(forbidden).toEqual([]);
});

test("rooms that run in a browser hold no node: import outside *-node.ts", () => {
  const portable = [
    "core",
    "onnx",
    "surgery",
    "augment",
    "autodiff",
    "optim",
    "train",
    "evaluate",
    "export",
    "plot",
    "report",
    "explain",
    "doctor",
    "browser",
    "browser.ts",
  ];
  const touching = files.filter(
    (path) =>
      portable.includes(roomOf(path)) &&
      !path.endsWith("-node.ts") &&
      imports(path).some((name) => name.startsWith("node:")),
  );
  expect(touching.map((path) => relative(source, path))).toEqual([]);
});

test("to start, and to import the library, loads no charts and no writers of exports", () => {
  const loaded = new Set([resolve(source, "index.ts"), resolve(source, "cli/main.ts")]);
  // A set takes what is added while it is walked; types are gone by then, and what is imported with () comes later.
  for (const path of loaded) {
    const text = readFileSync(path, "utf8").replace(/^(?:import|export) type [^;]*;/gm, "");
    for (const writing of writings.slice(0, 2))
      for (const [, name] of text.matchAll(writing))
        if (name!.startsWith(".")) loaded.add(resolve(dirname(path), name!));
  }
  const late = /^(plot|export\/(channels-last|quantise|tfjs|tflite|web))\/|^runtime\/(litert|tfjs|web)-node/;
  const paths = [...loaded].map((path) => relative(source, path).replaceAll(sep, "/"));
  expect(paths.filter((path) => late.test(path))).toEqual([]);
});

test("only runtime/ imports the engine", () => {
  const importers = files.filter((path) => imports(path).some((name) => name.startsWith("onnxruntime-")));
  expect([...new Set(importers.map(roomOf))]).toEqual(["runtime"]);
});

test("rooms can be read in one sitting", () => {
  const long = files
    .map((path) => [relative(source, path), readFileSync(path, "utf8").split("\n").length - 1] as const)
    .filter(([, lines]) => lines > 300);
  expect(long).toEqual([]);
});
