import { bytes, decimal, percentage } from "../../core/words.ts";
import type { ExportedFile, ExportResult } from "../../index.ts";
import { type Column, table } from "./table.ts";

/** Exports beside the trained model: what they say, how large and how fast they are. */
export function exportsTable(exports: readonly ExportedFile[], trained: ExportResult["trained"]): string {
  const number = (title: string): Column => ({ title, align: "right" });
  const columns: Column[] = [
    { title: "Export", maxWidth: 40 },
    number("Size"),
    number("Same answer"),
    number("Difference"),
    number("Accuracy"),
    number("ms"),
    { title: "Run by", maxWidth: 40 },
  ];
  const rows = exports.map((each) => [
    each.path,
    bytes(each.bytes),
    percentage(each.agreement),
    each.largestDifference.toExponential(1),
    percentage(each.accuracy),
    decimal(each.milliseconds, 1),
    each.runtime,
  ]);
  const own = [
    "(as trained)",
    "",
    "",
    "",
    percentage(trained.accuracy),
    decimal(trained.milliseconds, 1),
    trained.runtime,
  ];
  return table(columns, [own, ...rows]);
}
