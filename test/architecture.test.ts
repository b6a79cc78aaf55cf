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

function imports(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const from = [...text.matchAll(/^(?:import|export)[^;]*?from "([^"]+)";/gms)].map(([, name]) => name!);
  return [...from, ...[...text.matchAll(/import\("([^"]+)"\)/g)].map(([, name]) => name!)];
}

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
  const portable = ["core", "onnx", "surgery", "autodiff", "optim", "train", "evaluate", "export"];
  const touching = files.filter(
    (path) =>
      portable.includes(roomOf(path)) &&
      !path.endsWith("-node.ts") &&
      imports(path).some((name) => name.startsWith("node:")),
  );
  expect(touching.map((path) => relative(source, path))).toEqual([]);
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
