import { type ContactSheetOptions, contactSheet, type Sheet } from "../../augment/contact-sheet.ts";
import { augmentGraph } from "../../augment/graph.ts";
import { type AugmentationSpec, mixes, sourceSide } from "../../augment/spec.ts";
import { uint8 } from "../../core/tensor.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime } from "../../runtime/session.ts";
import type { Backbone } from "../backbone.ts";
import type { Picture } from "../extract.ts";
import type { Decode } from "../picture.ts";
import { placeOf } from "./inputs.ts";
import { Squares } from "./squares.ts";

/** A picture to show, by its content's hash, from which its draws come. */
export type Shown = Pick<Picture, "sample" | "hash">;

export interface ShowOptions extends Pick<ContactSheetOptions, "seed" | "views"> {
  readonly backbone: Backbone;
  readonly augmentation: AugmentationSpec;
  readonly runtime: Runtime;
  readonly decode: Decode;
}

/**
 * Pictures as training will show them to the network: a row each, as it is and then its views of the first epochs, the
 * very ones that this seed gives, and the only ones where so many are kept behind the frozen part; only whom it is blended with depends on the batch. Throws what decoding throws.
 */
export async function showViews(
  { backbone, augmentation, runtime, decode, seed, views }: ShowOptions,
  pictures: readonly Shown[],
): Promise<Sheet> {
  const { preprocess, model } = backbone;
  const opset = model.opsets.get("") ?? 0;
  const source = sourceSide(augmentation, preprocess.size);
  const graph = augmentGraph({ preprocess, source, mixing: mixes(augmentation), opset });
  const session = await runtime.load(writeModel(graph));
  try {
    const squares = await Squares.open({ preprocess, size: source, opset, runtime, decode }, pictures);
    try {
      const pixels = await squares.gather(pictures.map((_, i) => i));
      return await contactSheet({
        spec: augmentation,
        preprocess,
        pictures: uint8(pixels, [pictures.length, source, source, 3]),
        run: (feeds) => session.run(feeds),
        indices: pictures.map(placeOf),
        seed,
        views,
      });
    } finally {
      await squares.close();
    }
  } finally {
    await session.release();
  }
}
