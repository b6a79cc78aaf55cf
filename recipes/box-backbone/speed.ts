/**
 * How long a backbone takes for a picture on one core, beside another in the same run: the least time of twelve rounds, in
 * turns, without decoding and preprocessing.
 *
 *   npx tsx recipes/box-backbone/speed.ts box/backbone.onnx [--beside ../shared/assets/models/mobilenet_v1_1.0_224.onnx]
 */
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { openBase } from "../../src/jobs/base-node.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    beside: { type: "string", default: "../shared/assets/models/mobilenet_v1_1.0_224.onnx" },
  },
});
const [base] = positionals;
if (base === undefined) throw new Error("usage: speed.ts MODEL [--beside MODEL]");
const [rounds, runs] = [12, 10];

/** Runs the network, cut at its features, `runs` times on nothing but grey; answers milliseconds a run. */
async function open(model: string, size: number): Promise<() => Promise<number>> {
  const { backbone } = await openBase({ base: model, preprocess: "inception", size }, nodeRuntime());
  const session = await InferenceSession.create(writeModel(backbone.model), { intraOpNumThreads: 1 });
  const picture = new Tensor("float32", new Float32Array(3 * size * size), [1, 3, size, size]);
  return async () => {
    const begun = performance.now();
    for (let i = 0; i < runs; i++) await session.run({ [backbone.input]: picture });
    return (performance.now() - begun) / runs;
  };
}

for (const size of [128, 224]) {
  const [own, other] = [await open(base, size), await open(values.beside, size)];
  let [least, beside] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++) {
    least = Math.min(least, await own());
    beside = Math.min(beside, await other());
  }
  console.log(`${size} px: ${least.toFixed(2)} ms, ${(least / beside).toFixed(2)} of the other's time`);
}
