import { assert } from "../../core/assert.ts";
import { mapConcurrent } from "../../core/async.ts";
import { uint8 } from "../../core/tensor.ts";
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
}

/** Squares kept in memory together; what goes beyond is decoded anew each time. */
const memoryBudget = 1.5 * 1024 ** 3;

/** Pictures as uint8 squares, decoded and fitted, each once as long as memory allows. */
export class Squares {
  readonly size: number;
  readonly #options: SquaresOptions;
  readonly #pictures: readonly Pick<Picture, "sample">[];
  readonly #known = new Map<number, Uint8Array>();
  readonly #most: number;
  readonly #session: Session;

  private constructor(
    options: SquaresOptions,
    pictures: readonly Pick<Picture, "sample">[],
    session: Session,
  ) {
    this.size = options.size;
    this.#options = options;
    this.#pictures = pictures;
    this.#session = session;
    this.#most = Math.floor(memoryBudget / (3 * options.size ** 2));
  }

  static async open(options: SquaresOptions, pictures: readonly Pick<Picture, "sample">[]): Promise<Squares> {
    const graph = squareGraph(options.preprocess, options.size, options.opset);
    return new Squares(options, pictures, await options.runtime.load(writeModel(graph), { runs: "many" }));
  }

  get count(): number {
    return this.#pictures.length;
  }

  /** The square of the picture at an index: `size * size * 3` bytes. Throws PictureError where its file has changed. */
  async get(index: number): Promise<Uint8Array> {
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    const { preprocess, size, decode } = this.#options;
    const picture = this.#pictures[index];
    assert(picture, `no picture ${index}`);
    const loaded = await loadPicture(picture.sample.id, picture.sample.content);
    const sight = sightOf({ ...preprocess, size });
    const { width, height, data } = await decodePicture(loaded, sight, decode);
    const answer = await this.#session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
    const square = answer[squareOutput];
    assert(square, "the engine answered without a square");
    // A copy of its own: the engine's answer may be a view into something larger.
    const bytes = square.bytes.slice();
    if (this.#known.size < this.#most) this.#known.set(index, bytes);
    return bytes;
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
    this.#known.clear();
    await this.#session.release();
  }
}
