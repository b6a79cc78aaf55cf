import { assert } from "../../core/assert.ts";
import { mapConcurrent } from "../../core/async.ts";
import { uint8 } from "../../core/tensor.ts";
import { PictureError } from "../../data/errors.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime, Session } from "../../runtime/session.ts";
import { type Preprocess, pixelsInput } from "../../surgery/preprocess.ts";
import { squareGraph, squareOutput } from "../../surgery/square.ts";
import type { Picture } from "../extract.ts";
import { type Decode, decodePicture, loadPicture, sightOf } from "../picture.ts";

export interface SquaresOptions {
  readonly preprocess: Preprocess;
  /** Side of the squares. */
  readonly size: number;
  readonly opset: number;
  readonly runtime: Runtime;
  readonly decode: Decode;
  /** Where squares are kept, shared by all that are open together; left out, none are. */
  readonly memory?: SquareMemory | undefined;
}

/** Bytes that squares may take in memory, all that are open together. */
export interface SquareMemory {
  left: number;
}

/** The usual memory of a training; pictures beyond it are decoded anew each time. */
export function squareMemory(): SquareMemory {
  return { left: 1.5 * 1024 ** 3 };
}

type Framed = Pick<Picture, "sample" | "hash">;

/** Pictures as uint8 squares, decoded and fitted, each once as long as memory allows. */
export class Squares {
  readonly size: number;
  readonly #options: SquaresOptions;
  readonly #pictures: readonly Framed[];
  /** Those begun, not only those done: who asks for one under way waits for it, and does not decode it again. */
  readonly #known = new Map<number, Promise<Uint8Array>>();
  readonly #session: Session;

  private constructor(options: SquaresOptions, pictures: readonly Framed[], session: Session) {
    this.size = options.size;
    this.#options = options;
    this.#pictures = pictures;
    this.#session = session;
  }

  static async open(options: SquaresOptions, pictures: readonly Framed[]): Promise<Squares> {
    const graph = squareGraph(options.preprocess, options.size, options.opset);
    return new Squares(options, pictures, await options.runtime.load(writeModel(graph), { runs: "many" }));
  }

  /** The square of the picture at an index: `size * size * 3` bytes. Throws PictureError where its file has changed. */
  async get(index: number): Promise<Uint8Array> {
    const known = this.#known.get(index);
    if (known !== undefined) return await known;
    const bytes = 3 * this.size ** 2;
    const { memory } = this.#options;
    const square = this.#square(index);
    if (memory === undefined || memory.left < bytes) return await square;
    memory.left -= bytes;
    this.#known.set(index, square);
    try {
      return await square;
    } catch (error) {
      // Whoever asks again shall try again.
      if (this.#known.delete(index)) memory.left += bytes;
      throw error;
    }
  }

  async #square(index: number): Promise<Uint8Array> {
    const { preprocess, size, decode } = this.#options;
    const picture = this.#pictures[index];
    assert(picture, `no picture ${index}`);
    const loaded = await loadPicture(picture.sample.id, picture.sample.content);
    // What is kept of a picture is kept by its hash: other pixels under it would be taken for it ever after.
    if (loaded.hash !== picture.hash) throw changed(picture.sample.id);
    const sight = sightOf({ ...preprocess, size });
    const { width, height, data } = await decodePicture(loaded, sight, decode);
    const answer = await this.#session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    const square = answer[squareOutput];
    assert(square, "the engine answered without a square");
    // A copy of its own: the engine's answer may be a view into something larger.
    return square.bytes.slice();
  }

  /** The squares at some indices, one after the other in one array. */
  async gather(indices: ArrayLike<number>): Promise<Uint8Array> {
    const row = 3 * this.size ** 2;
    const all = new Uint8Array(indices.length * row);
    const put = async (index: number, i: number): Promise<void> => all.set(await this.get(index), i * row);
    const lanes = 2 * this.#options.runtime.concurrency;
    for await (const _ of mapConcurrent(Array.from(indices), lanes, put));
    return all;
  }

  async close(): Promise<void> {
    const { memory } = this.#options;
    if (memory !== undefined) memory.left += this.#known.size * 3 * this.size ** 2;
    this.#known.clear();
    await this.#session.release();
  }
}

function changed(id: string): PictureError {
  const why = "its file has changed since its features were computed";
  return new PictureError(
    { what: `${id} is another picture than before:`, why: `${why}.`, next: "Run the command again." },
    { id, reason: why },
  );
}
