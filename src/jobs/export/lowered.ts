import { listOf } from "../../core/list.ts";
import type { Program } from "../../export/channels-last/program.ts";
import { networkOf } from "../../export/network.ts";
import type { Model } from "../../onnx/graph.ts";
import { ExportError } from "./errors.ts";
import type { Trained, Written } from "./formats.ts";

/** The network behind its resizing, and as phones run it. */
export interface Lowered {
  readonly network: Model;
  readonly program: Program;
}

/** A format's runtime, loaded with a program that the format wrote. */
interface Answering {
  answers(image: Float32Array, shape: readonly number[]): Promise<readonly Float32Array[]>;
  release(): void | Promise<void>;
}

/** Where a format written from a program goes wrong; `load` writes and loads one, `fed` is what it takes for an image. */
export function worstStep(
  { network, program }: Lowered,
  load: (program: Program) => Promise<Answering>,
  fed = (image: Float32Array): Float32Array => image,
): NonNullable<Written["worst"]> {
  return async (picture) => {
    const { departingSteps } = await import("./departing.ts");
    return departingSteps(network, program, picture, async (observed, image) => {
      const session = await load(observed);
      try {
        return await session.answers(fed(image), observed.values.get(observed.inputs[0]!)!.shape);
      } finally {
        await session.release();
      }
    });
  };
}

/** The network as phones run it. Throws ExportError for what has no form there. */
export async function loweredOf({ model, record }: Trained, format: string): Promise<Lowered> {
  const [preprocess, ...others] = listOf(record.preprocess);
  if (preprocess === undefined || others.length > 0) {
    throw new ExportError(
      {
        what: `'${format}' holds one base, and this classifier has ${others.length + 1} side by side.`,
        why: "Each base sees the picture at a size and with a normalisation of its own.",
        next: "Export it to onnx, or train on one base.",
      },
      { format },
    );
  }
  const { lower } = await import("../../export/channels-last/lower.ts");
  const network = networkOf(model, preprocess);
  return { network, program: lower(network) };
}
