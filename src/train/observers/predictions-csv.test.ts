import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { predictionLine, predictionsHeader } from "./predictions-csv.ts";

const row = { label: "cat", predicted: "dog", probability: 0.75, probabilities: [0.25, 0.75] };

test("header and lines, by hand", () => {
  expect(predictionsHeader(["cat", "dog, big"])).toBe(
    'file,label,predicted,probability,correct,p(cat),"p(dog, big)"',
  );
  expect(predictionLine({ ...row, file: "cat/1.jpg" })).toBe("cat/1.jpg,cat,dog,0.75,false,0.25,0.75");
  expect(predictionLine({ ...row, file: "a.jpg", label: "dog" })).toBe("a.jpg,dog,dog,0.75,true,0.25,0.75");
  const unknown = { file: 'say "hi".jpg', predicted: "dog", probability: 1, probabilities: [0, 1] };
  expect(predictionLine(unknown)).toBe('"say ""hi"".jpg",,dog,1,,0,1');
});

test("several labels at once: joined in one cell, and no one probability", () => {
  expect(predictionsHeader(["a", "b"], { multiLabel: true })).toBe("file,label,predicted,correct,p(a),p(b)");
  const line = predictionLine({ file: "1.jpg", label: "a|b", predicted: "b", probabilities: [0.25, 0.75] });
  expect(line).toBe("1.jpg,a|b,b,false,0.25,0.75");
  expect(predictionLine({ file: "1.jpg", label: "|", predicted: "|", probabilities: [0, 0] })).toBe(
    "1.jpg,|,|,true,0,0",
  );
});

test("a formula is taken its edge off, in file names by ./ and in class names by an apostrophe", () => {
  const line = predictionLine({ ...row, file: "=cmd|' /C calc'!A0.jpg", label: "@home", predicted: "-1" });
  expect(line).toBe("./=cmd|' /C calc'!A0.jpg,'@home,-1,0.75,false,0.25,0.75");
  expect(predictionLine({ ...row, file: "＝1+1.jpg", label: "-1+1" })).toMatch(/^\.\/＝1\+1\.jpg,'-1\+1,/);
});

test("csv-parse reads back whatever names were written", () => {
  const text = fc.string({ unit: fc.constantFrom(..."ab,\"\n\r\t=+-@'; 猫é"), maxLength: 12 });
  fc.assert(
    fc.property(text, text, fc.float({ min: 0, max: 1, noNaN: true }), (file, label, probability) => {
      const line = predictionLine({
        file,
        label,
        predicted: label,
        probability,
        probabilities: [probability],
      });
      const [read] = parse(`${predictionsHeader([label])}\n${line}\n`, {
        columns: true,
        record_delimiter: "\n",
      });
      const cells = read as Record<string, string>;
      expect(cells.file?.replace(/^\.\//, "")).toBe(file);
      expect([label, `'${label}`]).toContain(cells.label);
      expect(cells.predicted).toBe(cells.label);
      expect(cells.correct).toBe("true");
      for (const name of [cells.file, cells.label]) expect(name).not.toMatch(/^[=+\-@\t\r\n].*\D/s);
      expect(Math.fround(Number(cells[`p(${label})`]))).toBe(Math.fround(probability));
    }),
    { seed: 4180 },
  );
});
