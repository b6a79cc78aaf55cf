import { expect, test } from "vitest";
import { table } from "./table.ts";
import { displayWidth } from "./width.ts";

test("numbers right, texts left, wide characters counted as two", () => {
  const text = table(
    [{ title: "class", maxWidth: 12 }, { title: "pictures" }, { title: "note" }],
    [
      ["cat", 1200, "x"],
      ["接ぎ木", 7, ""],
      ["Australian terrier", 31, "long\nname"],
    ],
  );
  expect(text).toMatchInlineSnapshot(`
    "class         pictures  note
    ------------  --------  ---------
    cat              1,200  x
    接ぎ木               7
    Australian …        31  long�name"
  `);
});

test("every line but the last column's ragged end is equally wide", () => {
  const names = ["接ぎ木", "cat", "👩‍🔬 science", "고양이"];
  const lines = table(
    [{ title: "name" }, { title: "n" }],
    names.map((name, i) => [name, i]),
  ).split("\n");
  expect(new Set(lines.map(displayWidth)).size).toBe(1);
});

test("style sees padded cells with their row, and changes no width", () => {
  const seen: [string, number][] = [];
  const style = (text: string, row: number): string => {
    seen.push([text, row]);
    return `<${text}>`;
  };
  expect(
    table(
      [{ title: "a", style }, { title: "b" }],
      [
        ["x", 1],
        ["yyy", 22],
      ],
    ),
  ).toMatchInlineSnapshot(`
    "a     b
    ---  --
    <x  >   1
    <yyy>  22"
  `);
  expect(seen).toEqual([
    ["x  ", 0],
    ["yyy", 1],
  ]);
});

test("no rows: the titles alone", () => {
  expect(table([{ title: "a" }, { title: "bc" }], [])).toBe("a  bc\n-  --");
});
