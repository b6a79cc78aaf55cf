import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { floats, uint8 } from "../../src/core/tensor.ts";
import { decodeBytes } from "../../src/data/decode-sharp.ts";
import { Classifier, finish, info, predict, type TrainResult, train } from "../../src/index.ts";
import { openBase } from "../../src/jobs/base-node.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { featureGraph } from "../../src/train/extract.ts";
import { findChromium } from "./browser.ts";
import { LibraryPage, timeout } from "./library-page.ts";

const executablePath = findChromium();
if (!executablePath)
  console.log("no Chromium found: the library is not tried in a page (CHROMIUM names one)");

const project = resolve(import.meta.dirname, "../..");
const assets = resolve(project, "../shared/assets");
const mobilenet = "mobilenet_v2_1.0_224_features.onnx";

interface Answer {
  readonly label: string;
  readonly probabilities: readonly number[];
}

/** JPEGs of a folder a class by their path in it, at most so many a class. */
function jpegs(folder: string, most: number): Map<string, Uint8Array> {
  const paths = readdirSync(folder).flatMap((name) =>
    readdirSync(join(folder, name))
      .slice(0, most)
      .map((file) => `${name}/${file}`),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

/** The largest difference of a probability, and how many labels are others. */
function compared(page: readonly Answer[], node: readonly Answer[]) {
  const differences = page.flatMap(({ probabilities }, i) =>
    probabilities.map((p, k) => Math.abs(p - (node[i]?.probabilities[k] ?? Number.NaN))),
  );
  return {
    largest: Math.max(...differences),
    others: page.filter(({ label }, i) => label !== node[i]?.label).length,
  };
}

/** A probability may move by so much where two decoders of JPEG round otherwise; Chromium's and sharp's do not. */
const decoders = 0.01;

const patterns = join(project, "examples/patterns");
/** Folders of JPEGs, and how many a class are compared. */
const all: [string, string, number][] = [
  ["patterns", patterns, 50],
  ["flowers", join(assets, "data/flowers/val"), 12],
];

describe.skipIf(!executablePath)("the library in Chromium beside Node's", { timeout }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-library-"));
  let page: LibraryPage;

  beforeAll(async () => {
    page = await LibraryPage.open(executablePath ?? "");
  });
  afterAll(async () => {
    await page?.close();
    rmSync(folder, { recursive: true });
  });

  const trained = (name: string, data: string): Promise<TrainResult> =>
    finish(train({ data, out: join(folder, name), cache: join(folder, "cache"), report: false }));

  /** What a classifier says in a page of files, or of raw pixels beside whose names their sides stand. */
  const inPage = (model: string, pictures: readonly (readonly [string, number, number])[]) =>
    page.run<Answer[]>(
      `const classifier = await tsugiki.loadClassifier(given.model, { runtime });
       const answers = [];
       for (const [name, width, height] of given.pictures) {
         const file = await fileOf(name);
         const picture = width ? { width, height, data: new Uint8Array(await file.arrayBuffer()) } : file;
         const { label, probabilities, top } = await classifier.predict(picture, { top: 2 });
         if (top.length !== 2 || top[0].label !== label) throw new Error("top");
         answers.push({ label, probabilities: [...probabilities] });
       }
       await classifier.close();
       return answers;`,
      { model, pictures },
    );

  test.each(all)("of %s it predicts what Node predicts", async (name, data, most) => {
    if (!existsSync(data)) return console.log(`${data} is absent: ${name} are not compared`);
    const { model } = await trained(name, data);
    const pictures = jpegs(data, most);
    const classifier = await Classifier.load(model);
    const node: Answer[] = [];
    const raw: [string, number, number][] = [];
    page.files.set(`${name}.onnx`, readFileSync(model));
    for (const [path, bytes] of pictures) {
      const { label, probabilities } = await classifier.predict(bytes);
      node.push({ label, probabilities: [...probabilities] });
      const pixels = await decodeBytes(bytes);
      page.files.set(path, bytes).set(`${path}.raw`, pixels.data);
      raw.push([`${path}.raw`, pixels.width, pixels.height]);
    }
    await classifier.close();
    const ofPixels = compared(await inPage(`${name}.onnx`, raw), node);
    const ofFiles = compared(
      await inPage(
        `${name}.onnx`,
        [...pictures.keys()].map((path) => [path, 0, 0]),
      ),
      node,
    );
    console.log(
      `${pictures.size} ${name}: same pixels ${ofPixels.largest}, same files ${ofFiles.largest}, ${ofFiles.others} labels`,
    );
    expect(ofPixels.others).toBe(0);
    expect(ofPixels.largest).toBeLessThan(2e-5);
    expect(ofFiles.largest).toBeLessThan(decoders);
  });

  test("trains on what Node trained on, split the same way, to the same figure; Node reads what it made", async () => {
    const node = await trained("patterns", patterns);
    const pictures = jpegs(patterns, 50);
    for (const [path, bytes] of pictures) page.files.set(path, bytes);
    const paths = [...pictures.keys()];
    interface Made {
      readonly model: string;
      readonly labels: readonly string[];
      readonly result: Omit<TrainResult, "model">;
    }
    const made = await page.run<Made>(
      `const base = await tsugiki.loadBase("backbone.onnx", { runtime });
       const pictures = [];
       for (const path of given) pictures.push({ picture: await fileOf(path), label: path.split("/")[0], id: path });
       const { model, ...result } = await tsugiki.finish(tsugiki.trainHead({ base, pictures }));
       const classifier = await tsugiki.loadClassifier(model, { runtime });
       const labels = [];
       for (const { picture } of pictures.filter((_, i) => i % 4 === 0)) labels.push((await classifier.predict(picture)).label);
       const url = await new Promise((done) => {
         const reader = new FileReader();
         reader.onload = () => done(reader.result);
         reader.readAsDataURL(new Blob([model]));
       });
       return { model: url.split(",")[1], labels, result };`,
      paths,
    );
    const file = join(folder, "page.onnx");
    await writeFile(file, Buffer.from(made.model, "base64"));
    const [ofPage, ofNode] = await Promise.all([file, node.model].map((model) => info({ model })));
    const dataOf = (of: typeof ofPage) => of?.classifier?.training.data;
    // The hash over every picture's hash, class and part.
    expect(dataOf(ofPage)).toBe(dataOf(ofNode));
    expect(made.result.classes).toEqual(node.classes);
    const figures = ({ test: held, val, raw }: typeof made.result) => [
      held?.accuracy,
      val?.accuracy,
      raw.test,
    ];
    const [own, nodes] = [figures(made.result), figures(node)];
    console.log(`right of test, val, test on bare pixels: page ${own}, node ${nodes}`);
    for (const [i, share] of own.entries())
      expect(Math.abs((share ?? 2) - (nodes[i] ?? 0))).toBeLessThan(0.05);

    const read: string[] = [];
    for await (const event of predict({
      model: file,
      inputs: paths.filter((_, i) => i % 4 === 0).map((path) => join(patterns, path)),
    }))
      if (event.type === "predicted") read.push(event.label);
    expect(read).toEqual(made.labels);
  });

  test.skipIf(!existsSync(join(assets, "models", mobilenet)))(
    "another base, given as bytes with its preprocessing",
    async () => {
      const path = join(assets, "models", mobilenet);
      const bytes = readFileSync(join(patterns, readdirSync(patterns)[0]!, "0.jpg"));
      const { width, height, data } = await decodeBytes(bytes);
      page.files.set("other.onnx", readFileSync(path)).set("other.raw", data);
      const vector = await page.run<number[]>(
        `const bytes = new Uint8Array(await (await fetch("other.onnx")).arrayBuffer());
       const nowhere = await tsugiki.loadBase(bytes, { runtime }).catch(({ code }) => code);
       if (nowhere !== "PREPROCESS") throw new Error(nowhere);
       const base = await tsugiki.loadBase(bytes, { runtime, preprocess: "imagenet" });
       const data = new Uint8Array(await (await fetch("other.raw")).arrayBuffer());
       return [...(await base.embed({ ...given, data }))];`,
        { width, height },
      );
      const runtime = nodeRuntime();
      const { backbone } = await openBase({ base: path, preprocess: "imagenet" }, runtime);
      const session = await runtime.load(writeModel(featureGraph(backbone)));
      const answer = await session.run({ pixels: uint8(data, [1, height, width, 3]) });
      const node = floats(answer[backbone.output]!);
      await session.release();
      expect(vector.length).toBe(node.length);
      expect(Math.max(...vector.map((value, i) => Math.abs(value - node[i]!)))).toBeLessThan(1e-3);
    },
  );
});
