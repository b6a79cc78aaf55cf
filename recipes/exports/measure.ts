/**
 * What every export format makes of real classifiers: trains a linear head on each of three published bases, exports it in all
 * formats through the product, and prints one table. `--work` keeps features and runs, so a second start is quick.
 *
 *   npx tsx recipes/exports/measure.ts [--data ../shared/assets/data/flowers] [--models ../shared/assets/models] [--work FOLDER]
 */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exportFormats, exportModel, finish, train } from "../../src/index.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/assets/data/flowers" },
    models: { type: "string", default: "../shared/assets/models" },
    work: { type: "string", default: join(tmpdir(), "tsugiki-exports") },
    only: { type: "string" },
    to: { type: "string", default: exportFormats.map(({ name }) => name).join(",") },
  },
});
const bases = [
  { name: "MobileNet v1", file: "mobilenet_v1_1.0_224.onnx", preprocess: "inception" },
  { name: "MobileNet v2", file: "mobilenet_v2_1.0_224_features.onnx", preprocess: "imagenet" },
  { name: "SqueezeNet 1.1", file: "squeezenet1.1.onnx", preprocess: "imagenet" },
] as const;

console.log("| base | format | agreement | largest difference | accuracy (trained) | size, MB | time |");
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const { name, file, preprocess } of bases) {
  if (values.only !== undefined && values.only !== file) continue;
  const run = join(values.work, file.replace(".onnx", ""));
  const base = join(values.models, file);
  const cache = join(values.work, "cache");
  if (!existsSync(join(run, "run.json")))
    await finish(train({ data: values.data, base, preprocess, out: run, cache, report: false }));
  // Whatever agrees is written: the table says how much it does.
  const out = join(run, "export");
  const to = values.to.split(",");
  const result = await finish(exportModel({ model: run, to, out, name: "flowers", minAgreement: 0 }));
  const unit = result.exports.find(({ format }) => format === "onnx")?.milliseconds ?? Number.NaN;
  for (const each of result.exports) {
    const { format, agreement, largestDifference, accuracy, bytes, milliseconds } = each;
    const cells = [
      name,
      format,
      `${agreement.toFixed(3)} of ${result.pictures}`,
      largestDifference.toExponential(0),
      `${accuracy.toFixed(3)} (${result.trained.accuracy.toFixed(3)})`,
      (bytes / 1e6).toFixed(1),
      (milliseconds / unit).toFixed(2),
    ];
    console.log(`| ${cells.join(" | ")} |`);
    if (each.keptInFloat) console.error(`${name}, ${format}: kept in float: ${each.keptInFloat.join(", ")}`);
  }
}
