import { isFields } from "../../core/json.ts";
import { bytes, count, percentage } from "../../core/words.ts";
import type { ModelInfo, PortInfo } from "../../index.ts";
import type { Colours } from "./colour.ts";
import { plain } from "./width.ts";

/** A model's file in lines of "Name  what it says". */
export function infoView(model: ModelInfo, { bold, dim }: Colours): string {
  const { classifier } = model;
  const rows: [string, string][] = [
    ["File", `${bold(plain(model.file))}, ${bytes(model.bytes)}`],
    ["Kind", classifier ? kindOf(classifier) : "network"],
    ["Licence", model.licence === null ? "not stated" : plain(model.licence)],
  ];
  if (classifier) {
    rows.push(["Classes", classifier.labels.map(plain).join(", ")]);
    for (const { name, cut, licence } of classifier.bases) {
      const under = licence === null ? "licence not stated" : plain(licence);
      rows.push(["Base", `${plain(name)}, cut at '${plain(cut)}' (${under})`]);
    }
    rows.push(...trainingRows(classifier.training));
  } else if (model.preprocess === null)
    rows.push(["Pictures", "the file does not say how they are normalised"]);
  rows.push(
    ...model.inputs.map((each): [string, string] => ["Input", port(each)]),
    ...model.outputs.map((each): [string, string] => ["Output", port(each)]),
    ["Weights", `${count(model.parameters, "number")}, operator set ${model.opset ?? "not stated"}`],
    ["SHA-256", model.sha256],
    ...Object.entries(model.metadata).map(([key, value]): [string, string] => [plain(key), plain(value)]),
  );
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.map(([title, text]) => `${dim(title.padEnd(width))}  ${text}`).join("\n");
}

function kindOf({ labels, multiLabel }: NonNullable<ModelInfo["classifier"]>): string {
  const classes = multiLabel ? count(labels.length, "label") : count(labels.length, "class", "classes");
  return `classifier of ${classes}${multiLabel ? ", several at once" : ""}, made by Tsugiki`;
}

function port({ name, dtype, shape }: PortInfo): string {
  const sides = shape?.map((dim) => dim ?? "?").join(", ");
  return `${plain(name)}  ${dtype ?? "of unknown type"}${sides === undefined ? "" : ` [${sides}]`}`;
}

/** What a run wrote into its classifier, as far as it is of the usual form: the file may come from anywhere. */
function trainingRows({
  strategy,
  head,
  pictures,
  figures,
  tsugiki,
}: Readonly<Record<string, unknown>>): [string, string][] {
  const rows: [string, string][] = [];
  const how = [strategy, head].filter((each) => typeof each === "string").map((each) => plain(each));
  if (how.length > 0)
    rows.push([
      "Trained",
      `${how.join(", ")}${typeof tsugiki === "string" ? ` (Tsugiki ${plain(tsugiki)})` : ""}`,
    ]);
  if (isFields(pictures)) {
    const parts = Object.entries(pictures).filter(([, n]) => typeof n === "number");
    rows.push(["Pictures", parts.map(([part, n]) => `${n} ${plain(part)}`).join(", ")]);
  }
  for (const [part, figure] of isFields(figures) ? Object.entries(figures) : []) {
    if (!isFields(figure) || typeof figure.accuracy !== "number") continue;
    const [low, high] = Array.isArray(figure.interval) ? (figure.interval as unknown[]) : [];
    const between =
      typeof low === "number" && typeof high === "number"
        ? ` (${percentage(low)} to ${percentage(high)}, 95 % interval)`
        : "";
    rows.push(["Accuracy", `${percentage(figure.accuracy)} on ${plain(part)}${between}`]);
  }
  return rows;
}
