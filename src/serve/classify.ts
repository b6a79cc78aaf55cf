import { type Pixels, type Prediction, TsugikiError } from "../index.ts";
import { refusal } from "./errors.ts";
import type { ServedModel } from "./models.ts";
import type { ServerState } from "./state.ts";

export interface Asked {
  readonly top?: number;
  readonly coverage?: number;
}

/** The decoder takes whole seconds, up to an hour. */
const longestDecode = 3600;

/**
 * Classifies the pictures of one request, in their order. Throws RefusedError: 422 for a picture that does not decode, has
 * too many pixels or is a strip; 503 where they are too many to wait; and the reason of `signal`.
 */
export async function classifyAll(
  { name, classifier }: ServedModel,
  pictures: readonly (Uint8Array | Pixels)[],
  asked: Asked,
  { queue, limits, metrics }: ServerState,
  signal: AbortSignal,
): Promise<Prediction[]> {
  metrics.batch.observe(pictures.length);
  const limitSeconds = Math.min(longestDecode, Math.ceil(limits.seconds));
  const options = { ...asked, limitPixels: limits.pixels, limitSeconds };
  const work = async (picture: Uint8Array | Pixels, index: number): Promise<Prediction> => {
    const prediction = await classifier.predict(picture, options).catch((error: unknown) => {
      throw pictureRefusal(error, pictures.length > 1 ? `Picture ${index + 1}` : "The picture");
    });
    metrics.pictures.inc({ model: name });
    return prediction;
  };
  return queue.all(pictures, work, signal);
}

/** A picture's own fault in words for its sender; any other error as it is. */
function pictureRefusal(error: unknown, picture: string): unknown {
  if (!(error instanceof TsugikiError) || error.code !== "PICTURE") return error;
  const { reason } = error.evidence as { readonly reason: string };
  return refusal(422, `${picture} cannot be classified: ${reason}.`);
}
