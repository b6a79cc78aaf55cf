import { floats, uint8 } from "../../core/tensor.ts";
import type { Pixels } from "../../data/sample.ts";
import { probabilitiesOutput } from "../../export/classifier.ts";
import { fittingOf, imageInput } from "../../export/network.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime, Session } from "../../runtime/session.ts";
import { type Preprocess, pixelsInput } from "../../surgery/preprocess.ts";

/** A picture as exports take it. */
export interface Picture {
  readonly pixels: Pixels;
  /** Fitted to the network's square: red green blue from 0 to 255, [1, size, size, 3]. */
  readonly image: Float32Array;
}

/** An export loaded into the runtime that it is made for. */
export interface Runner {
  /** Name and version of the runtime. */
  readonly runtime: string;
  /** One picture's probabilities. */
  run(picture: Picture): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * One thread a run: engines that spread a run over the cores keep those busy while they wait, and several of them in one
 * process stand in each other's way. Milliseconds are then those of one core, for all formats alike.
 */
export const oneThread = { runs: "many" } as const;

/** A classifier in the ONNX form: it takes pixels of any size. */
export function pixelsRunner(session: Session, runtime: string): Runner {
  return {
    runtime,
    async run({ pixels: { width, height, data } }) {
      const answer = await session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) }, [
        probabilitiesOutput,
      ]);
      return floats(answer[probabilitiesOutput]!);
    },
    close: () => session.release(),
  };
}

/** Fits pictures to the square as the classifier itself does. */
export class Fitting {
  readonly #session: Session;
  readonly #size: number;

  private constructor(session: Session, size: number) {
    this.#session = session;
    this.#size = size;
  }

  static async open(runtime: Runtime, preprocess: Preprocess): Promise<Fitting> {
    return new Fitting(await runtime.load(writeModel(fittingOf(preprocess)), oneThread), preprocess.size);
  }

  async fit(pixels: Pixels): Promise<Picture> {
    const { width, height, data } = pixels;
    const answer = await this.#session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    return { pixels, image: floats(answer[imageInput]!) };
  }

  /** The fitted picture as pixels again, to the nearest whole numbers: what a golden picture is. */
  squareOf({ image }: Picture): Pixels {
    const data = Uint8Array.from(image, (value) => Math.min(255, Math.max(0, Math.round(value))));
    return { width: this.#size, height: this.#size, data };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
