import { drawBatch, drawFeeds, softTargets } from "../../augment/batch.ts";
import { augmentGraph, augmentInputs } from "../../augment/graph.ts";
import { mixes, sourceSide } from "../../augment/spec.ts";
import { assert } from "../../core/assert.ts";
import { type Tensor, uint8 } from "../../core/tensor.ts";
import { writeModel } from "../../onnx/write.ts";
import { loadAll } from "../../runtime/load-all.ts";
import type { Session } from "../../runtime/session.ts";
import { pixelsInput, preprocessedOutput, preprocessGraph } from "../../surgery/preprocess.ts";
import { chunksOfIndices, hotTargets, type InputParts, type Inputs, placeOf } from "./inputs.ts";
import { Squares, squareMemory } from "./squares.ts";

/**
 * Pictures as they enter the whole network: augmented anew each epoch for training, plain for validation. They are
 * decoded once and kept as squares of bytes.
 */
export async function openPixelInputs(parts: InputParts): Promise<Inputs> {
  const { runtime, decode, train, val, backbone, augmentation } = parts;
  const { preprocess } = backbone;
  const opset = backbone.model.opsets.get("") ?? 0;
  const { size } = preprocess;
  const source = sourceSide(augmentation, size);
  const mixing = mixes(augmentation);
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closing.map((each) => each()));
  };
  try {
    const [augment, plain] = await loadAll(runtime, [
      writeModel(augmentGraph({ preprocess, source, mixing, opset })),
      writeModel(preprocessGraph(preprocess, opset)),
    ]);
    assert(augment && plain, "a session a graph");
    closing.push(
      () => augment.release(),
      () => plain.release(),
    );
    const squares = { preprocess, opset, runtime, decode, memory: squareMemory() };
    const training = await Squares.open({ ...squares, size: source }, train);
    closing.push(() => training.close());
    const validation = await Squares.open({ ...squares, size }, val);
    closing.push(() => validation.close());
    return { ...pixelInputs(parts, { augment, plain, training, validation }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opened {
  readonly augment: Session;
  readonly plain: Session;
  readonly training: Squares;
  readonly validation: Squares;
}

function pixelInputs(
  parts: InputParts,
  { augment, plain, training, validation }: Opened,
): Omit<Inputs, "close"> {
  const { train, val, backbone, augmentation, seed, labelling } = parts;
  const { size } = backbone.preprocess;
  const mixing = mixes(augmentation);
  const labels = train.map((picture) => labelling.numbersOf(picture.sample));
  const places = train.map(placeOf);
  return {
    name: backbone.input,
    training: train.length,
    validation: val.length,
    async batch(indices, epoch) {
      const rows = indices.length;
      const batch = drawBatch(augmentation, {
        seed,
        epoch,
        indices: Array.from(indices, (i) => places[i] ?? 0),
        size,
      });
      const side = training.size;
      const pixels = uint8(await training.gather(indices), [rows, side, side, 3]);
      const feeds = { [augmentInputs.pixels]: pixels, ...drawFeeds(batch, mixing) };
      const own = Array.from(indices, (i) => labels[i] ?? []);
      return {
        rows,
        input: await answer(augment, feeds),
        targets: softTargets(own, labelling.classes, batch),
      };
    },
    async *validate() {
      for (const indices of chunksOfIndices(val.length)) {
        const rows = indices.length;
        const pixels = uint8(await validation.gather(indices), [rows, size, size, 3]);
        const input = await answer(plain, { [pixelsInput]: pixels });
        const pictures = indices.map((i) => val[i]!);
        yield { rows, input, targets: hotTargets(pictures, parts) };
      }
    },
  };
}

async function answer(session: Session, feeds: Readonly<Record<string, Tensor>>): Promise<Tensor> {
  const tensor = (await session.run(feeds))[preprocessedOutput];
  assert(tensor, "the engine answered without pictures");
  return tensor;
}
