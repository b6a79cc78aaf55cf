import { bytes, count, integer, percentage } from "../../core/words.ts";
import type { DescribedModel, FoundOnHub, ListedModel } from "../../index.ts";
import type { Colours } from "./colour.ts";
import { type Column, table } from "./table.ts";
import { plain } from "./width.ts";

const number = (title: string): Column => ({ title, align: "right" });

/** The catalogue's rows, and what else was pulled. */
export function listedTable(models: readonly ListedModel[]): string {
  const columns: Column[] = [
    { title: "Handle", maxWidth: 60 },
    number("Size"),
    number("Input"),
    number("Features"),
    number("Top-1"),
    { title: "Licence", maxWidth: 20 },
    { title: "Here" },
  ];
  const rows = models.map(({ handle, bytes: size, row, licence, pulled }) => [
    plain(handle),
    bytes(size),
    row ? `${row.size}` : "",
    row ? integer(row.features) : "",
    row?.accuracy ? percentage(row.accuracy.top1) : "",
    plain(licence ?? "not stated"),
    pulled ? "yes" : "",
  ]);
  return table(columns, rows);
}

/** Repositories on Hugging Face. */
export function foundTable(models: readonly FoundOnHub[]): string {
  const columns: Column[] = [
    { title: "On Hugging Face", maxWidth: 70 },
    { title: "Task", maxWidth: 28 },
    number("Downloads"),
    { title: "Licence", maxWidth: 20 },
    { title: "" },
  ];
  const rows = models.map(({ handle, task, downloads, licence, gated }) => [
    plain(handle),
    plain(task ?? ""),
    integer(downloads),
    plain(licence ?? "not stated"),
    gated ? "asks for consent" : "",
  ]);
  return table(columns, rows);
}

/** One model in lines of "Name  what is known". */
export function modelView(
  { handle, id, files, licence, preprocess, row, note, network }: DescribedModel,
  { bold, dim }: Colours,
): string {
  const rows: [string, string][] = [["Handle", bold(plain(handle))]];
  if (id !== handle) rows.push(["Pinned", plain(id)]);
  for (const file of files)
    rows.push([
      "File",
      `${plain(file.path)}, ${file.bytes === null ? "size not stated" : bytes(file.bytes)}`,
    ]);
  const commercial = licence?.commercial === false ? " (not for commercial use)" : "";
  rows.push(["Licence", licence === null ? "not stated" : `${plain(licence.id)}${commercial}`]);
  if (preprocess !== null) rows.push(["Pictures", `normalised as --preprocess ${plain(preprocess)}`]);
  if (row !== null) {
    const { size, features, parameters, accuracy } = row;
    rows.push(
      ["Input", `${size} x ${size} pixels`],
      ["Features", integer(features)],
      ["Weights", count(parameters, "number")],
    );
    if (accuracy) rows.push(["Top-1", `${percentage(accuracy.top1)} on ${accuracy.on} (${accuracy.source})`]);
  }
  if (network !== null) {
    rows.push(
      ["On disk", plain(network.file)],
      [
        "Network",
        `${count(network.parameters, "number")} in its constants, operator set ${network.opset ?? "not stated"}`,
      ],
    );
    if (network.cuts.length > 0)
      rows.push([
        "Cut",
        `${network.cuts.slice(0, 5).map(plain).join(", ")} (--cut; the first is the default)`,
      ]);
  } else rows.push(["On disk", "not yet: tsugiki models pull brings it"]);
  if (note !== null) rows.push(["Note", plain(note)]);
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.map(([title, text]) => `${dim(title.padEnd(width))}  ${text}`).join("\n");
}
