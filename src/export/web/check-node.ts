import { floats, uint8 } from "../../core/tensor.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { pixelsInput } from "../../surgery/preprocess.ts";
import { embeddingOutput, probabilitiesOutput, strangenessOutput } from "../classifier.ts";
import { type Answers, checkPicture } from "./page/check.js";

/** `check.json`: what the classifier says of the picture by which the page checks a graphics card. */
export async function checkAnswers(classifier: Uint8Array, side: number): Promise<Answers> {
  const session = await nodeRuntime().load(classifier);
  try {
    const { width, height, data } = checkPicture(side);
    const outputs = [probabilitiesOutput, embeddingOutput, strangenessOutput];
    const answers = await session.run(
      { [pixelsInput]: uint8(data, [1, height, width, 3]) },
      outputs.filter((output) => session.outputs.includes(output)),
    );
    return Object.fromEntries(
      Object.entries(answers).map(([name, tensor]) => [
        name,
        Array.from(floats(tensor), (value) => Number(value.toPrecision(6))),
      ]),
    );
  } finally {
    await session.release();
  }
}
