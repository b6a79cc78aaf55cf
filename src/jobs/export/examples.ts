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
  const [onnx, tflite, tfjs, teachable] = [
    pathOf("onnx", "onnx-fp16", "onnx-int8"),
    pathOf("tflite", "tflite-fp16", "tflite-int8"),
    pathOf("tfjs"),
    pathOf("teachable-machine"),
  ];
  const examples = new Map<string, string>();
  if (onnx !== undefined) {
    examples.set("node.mjs", nodeExample(onnx));
    examples.set("python.py", pythonExample(onnx));
  }
  if (tfjs !== undefined) {
    examples.set("browser.html", browserExample(name, size, `tf.loadGraphModel("../${tfjs}/model.json")`));
  }
  if (teachable !== undefined) {
    const load = `tf.loadLayersModel("../${teachable}/model.json")`;
    examples.set("teachable-machine.html", browserExample(name, size, load, ".div(127).sub(1)"));
  }
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
import { fileURLToPath } from "node:url";
import * as ort from "${engine}";
import sharp from "${decoder}";

const labels = readFileSync(new URL("../labels.txt", import.meta.url), "utf8").trimEnd().split("\\n");
const session = await ort.InferenceSession.create(fileURLToPath(new URL("../${file}", import.meta.url)));
const picture = sharp(process.argv[2]).rotate().flatten({ background: "#ffffff" }).toColourspace("srgb");
const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
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
picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGBA")
white = Image.new("RGBA", picture.size, "white")
pixels = np.asarray(Image.alpha_composite(white, picture).convert("RGB"))[None]
(probabilities,) = session.run(["probabilities"], {"pixels": pixels})
print(sorted(zip(probabilities[0].tolist(), labels), reverse=True))
`;

/** A page on TensorFlow.js; `scale` is what is done to bytes before the network, where it does not do that itself. */
const browserExample = (name: string, size: number, load: string, scale = ""): string => `<!doctype html>
<meta charset="utf-8">
<title>${name}</title>
<!-- In this folder: npm install --prefix . @tensorflow/tfjs; then serve the one above (npx http-server ..) and open this page. -->
<script src="node_modules/@tensorflow/tfjs/dist/tf.min.js"></script>
<input type="file" accept="image/*"><br><canvas width="${size}" height="${size}"></canvas><pre></pre>
<script type="module">
const labels = (await (await fetch("../labels.txt")).text()).trimEnd().split("\\n");
const model = await ${load};
const canvas = document.querySelector("canvas");
const context = canvas.getContext("2d");
document.querySelector("input").onchange = async ({ target }) => {
  const picture = await createImageBitmap(target.files[0]);
  const side = Math.min(picture.width, picture.height);
  Object.assign(context, { fillStyle: "#fff", imageSmoothingQuality: "high" }).fillRect(0, 0, ${size}, ${size});
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, ${size}, ${size});
  const probabilities = await tf.tidy(() => model.predict(tf.browser.fromPixels(canvas).toFloat()${scale}.expandDims())).data();
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
