/**
 * Packs the trained backbone for shipping: weights stored as float16, with what its users must know in the metadata.
 *
 *   npx tsx recipes/box-backbone/pack.ts ../shared/assets/box/backbone.onnx box/backbone.onnx
 */
import { loadModel, saveModel } from "../../src/onnx/load-node.ts";
import { storeAsFloat16 } from "../../src/surgery/float16.ts";
import { normalisations } from "../../src/surgery/preprocess.ts";
import { preprocessKey } from "../../src/surgery/preprocess-config.ts";

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error("usage: pack.ts FROM TO");
const model = await loadModel(from);
await saveModel(to, {
  ...storeAsFloat16(model),
  metadata: new Map([
    [preprocessKey, JSON.stringify({ ...normalisations.inception, size: 192 })],
    ["license", "Apache-2.0"],
    ["author", "Tsugiki"],
  ]),
});
