import type { ExportedFile } from "./export.ts";

/** What example code has to know of a classifier. */
interface About {
  readonly size: number;
  readonly classes: readonly string[];
}

/** Ten lines each for those who take a file into their app, by file name; only for the formats that were written. */
export function examplesOf(
  name: string,
  exports: readonly Pick<ExportedFile, "format" | "path">[],
  { size }: About,
): ReadonlyMap<string, string> {
  const pathOf = (...formats: readonly string[]): string | undefined =>
    exports.find(({ format }) => formats.includes(format))?.path;
  const [onnx, tflite, tfjs] = [
    pathOf("onnx", "onnx-fp16", "onnx-int8"),
    pathOf("tflite", "tflite-fp16"),
    pathOf("tfjs"),
  ];
  const examples = new Map<string, string>();
  if (onnx !== undefined) {
    examples.set("node.mjs", nodeExample(onnx));
    examples.set("python.py", pythonExample(onnx));
  }
  if (tfjs !== undefined) examples.set("browser.html", browserExample(name, tfjs, size));
  if (tflite !== undefined) {
    examples.set("android.kt", kotlinExample(tflite));
    examples.set("ios.swift", swiftExample(tflite));
  }
  return examples;
}

/** Names, not imports: what stands in an example is for another program. */
const [engine, decoder] = ["onnxruntime-node", "sharp"];

const nodeExample = (
  file: string,
): string => `// npm install onnxruntime-node sharp; node node.mjs picture.jpg
import { readFileSync } from "node:fs";
import * as ort from "${engine}";
import sharp from "${decoder}";

const labels = readFileSync(new URL("../labels.txt", import.meta.url), "utf8").trimEnd().split("\\n");
const session = await ort.InferenceSession.create(new URL("../${file}", import.meta.url).pathname);
const { data, info } = await sharp(process.argv[2]).rotate().removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
const pixels = new ort.Tensor("uint8", data, [1, info.height, info.width, 3]);
const { probabilities } = await session.run({ pixels });
console.log(labels.map((label, i) => [label, probabilities.data[i]]).sort((a, b) => b[1] - a[1]));
`;

const pythonExample = (
  file: string,
): string => `# pip install onnxruntime pillow numpy; python python.py picture.jpg
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps

here = Path(__file__).parent.parent
labels = (here / "labels.txt").read_text("utf-8").rstrip("\\n").split("\\n")
session = ort.InferenceSession(str(here / "${file}"))
pixels = np.asarray(ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB"))[None]
(probabilities,) = session.run(["probabilities"], {"pixels": pixels})
print(sorted(zip(probabilities[0].tolist(), labels), reverse=True))
`;

const browserExample = (name: string, folder: string, size: number): string => `<!doctype html>
<title>${name}</title>
<!-- Serve the folder above (npx http-server ..); npm install @tensorflow/tfjs puts tf.min.js where the next line finds it. -->
<script src="node_modules/@tensorflow/tfjs/dist/tf.min.js"></script>
<input type="file" accept="image/*"><pre></pre>
<script type="module">
const labels = (await (await fetch("../labels.txt")).text()).trimEnd().split("\\n");
const model = await tf.loadGraphModel("../${folder}/model.json");
document.querySelector("input").onchange = async ({ target }) => {
  const picture = await createImageBitmap(target.files[0]);
  const side = Math.min(picture.width, picture.height);
  const square = await createImageBitmap(picture, (picture.width - side) >> 1, (picture.height - side) >> 1, side, side, { resizeWidth: ${size}, resizeHeight: ${size}, resizeQuality: "high" });
  const probabilities = await tf.tidy(() => model.predict(tf.browser.fromPixels(square).toFloat().expandDims())).data();
  document.querySelector("pre").textContent = labels.map((label, i) => label + " " + probabilities[i].toFixed(3)).join("\\n");
};
</script>
`;

const kotlinExample = (
  file: string,
): string => `// build.gradle: implementation("org.tensorflow:tensorflow-lite-task-vision:0.4.4"); put ${file} into src/main/assets.
import android.content.Context
import android.graphics.Bitmap
import org.tensorflow.lite.support.image.TensorImage
import org.tensorflow.lite.task.vision.classifier.ImageClassifier

fun classify(context: Context, picture: Bitmap): List<Pair<String, Float>> {
    // Labels and the size of the picture are read from the file's own metadata.
    val classifier = ImageClassifier.createFromFile(context, "${file}")
    val answers = classifier.classify(TensorImage.fromBitmap(picture))
    return answers.first().categories.map { it.label to it.score }
}
`;

const swiftExample = (
  file: string,
): string => `// Podfile: pod "TensorFlowLiteTaskVision"; add ${file} to the app's resources.
import TensorFlowLiteTaskVision
import UIKit

func classify(_ picture: UIImage) throws -> [(String, Float)] {
    // Labels and the size of the picture are read from the file's own metadata.
    let path = Bundle.main.path(forResource: "${file.replace(/\.tflite$/, "")}", ofType: "tflite")!
    let classifier = try ImageClassifier.classifier(options: ImageClassifierOptions(modelPath: path))
    let answers = try classifier.classify(mlImage: MLImage(image: picture)!)
    return answers.classifications[0].categories.map { ($0.label ?? "", $0.score) }
}
`;
