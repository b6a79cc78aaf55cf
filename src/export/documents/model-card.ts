import { listOf } from "../../core/list.ts";
import { integer } from "../../core/words.ts";
import type { ClassifierRecord } from "../classifier.ts";

/** What a card tells beside the classifier's own record. */
export interface CardFacts {
  readonly name: string;
  readonly record: ClassifierRecord;
  /** Figures of the trained model, as its run recorded them. */
  readonly accuracy: {
    readonly value: number;
    readonly interval: readonly [number, number];
    readonly n: number;
    readonly part: string;
  } | null;
  readonly data: { readonly pictures: number; readonly fingerprint: string };
  /** Rows of the table of files. */
  readonly exports: readonly {
    readonly format: string;
    readonly path: string;
    readonly bytes: number;
    readonly agreement: number;
    readonly largestDifference: number;
    readonly accuracy: number;
    readonly milliseconds: number;
    readonly runtime: string;
  }[];
  /** Pictures that the table was measured on. */
  readonly compared: number;
  readonly version: string;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** A model card in Markdown; its front matter is what model hubs read (task, licence, tags, metrics). */
export function modelCard(facts: CardFacts): string {
  const { name, record, accuracy, data, exports, compared, version } = facts;
  const bases = listOf(record.base);
  const licences = [...new Set(bases.map(({ licence }) => licence))];
  const licence = licences.length === 1 && licences[0] !== null ? licences[0]! : undefined;
  const front = [
    "---",
    `license: ${licence === undefined ? "other" : JSON.stringify(licence.toLowerCase())}`,
    "pipeline_tag: image-classification",
    "library_name: tsugiki",
    "tags: [image-classification, onnx, transfer-learning, tsugiki]",
    `base_model: ${JSON.stringify(bases.map(({ name: base }) => base))}`,
    ...(accuracy
      ? [
          "model-index:",
          `  - name: ${JSON.stringify(name)}`,
          "    results:",
          "      - task: {type: image-classification}",
          `        dataset: {name: ${JSON.stringify(`own pictures, ${accuracy.part} part`)}, type: image-folder}`,
          `        metrics: [{type: accuracy, value: ${accuracy.value.toFixed(4)}}]`,
        ]
      : []),
    "---",
  ];
  const table = [
    "| format | file | size | same answer as trained | largest difference | accuracy | ms a picture | run by |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...exports.map(
      (each) =>
        `| ${each.format} | ${each.path} | ${(each.bytes / 1e6).toFixed(2)} MB | ${percent(each.agreement)} | ${each.largestDifference.toExponential(1)} | ${percent(each.accuracy)} | ${each.milliseconds.toFixed(1)} | ${each.runtime} |`,
    ),
  ];
  const classes = record.labels.map(
    (label) => `- ${label.replace(/[\r\n]+/g, " ").replace(/([\\`*_[\]<>])/g, "\\$1")}`,
  );
  const { unknown, temperature } = record;
  return `${[
    ...front,
    "",
    `# ${name}`,
    "",
    `A picture classifier of ${integer(record.labels.length)} ${record.task === "multi-label" ? "labels, of which a picture may have several" : "classes"}, made by Tsugiki ${version} from ${bases.map((base) => base.name).join(" and ")}.`,
    "",
    "## Classes",
    "",
    ...classes,
    "",
    "## How good it is",
    "",
    accuracy
      ? `Accuracy ${percent(accuracy.value)} on ${integer(accuracy.n)} pictures of the ${accuracy.part} part (95 % interval ${percent(accuracy.interval[0])} to ${percent(accuracy.interval[1])}).${accuracy.part === "val" ? " These pictures were also used to choose it, so the figure flatters a little." : ""}`
      : "Its run recorded no figure.",
    "",
    ...(exports.length > 0
      ? [
          `## Files, compared on ${integer(compared)} pictures`,
          "",
          ...table,
          "",
          "`golden/` holds pictures with the trained model's own answers; `tsugiki verify FILE` holds any of the files to them.",
          "",
        ]
      : []),
    "## Trained on",
    "",
    `${integer(data.pictures)} pictures, fingerprint \`${data.fingerprint}\`. The base${bases.length > 1 ? "s" : ""}:`,
    "",
    ...bases.map(
      (base) =>
        `- ${base.name}, sha256 \`${base.sha256}\`, licence ${base.licence ?? "not stated: ask before you hand the model on"}`,
    ),
    "",
    "## Limits",
    "",
    "It knows the classes above and pictures like those that it was trained on; of other kinds of pictures it may be sure and wrong.",
    ...(unknown
      ? [
          `It can say "none of these" (output \`unknown\` of the ONNX files); that turns away ${percent(unknown.falseRejections)} of pictures that do belong.`,
        ]
      : []),
    ...(temperature !== undefined && temperature !== 1
      ? [`Its probabilities were calibrated on validation pictures (temperature ${temperature.toFixed(2)}).`]
      : []),
    "",
  ].join("\n")}`;
}
