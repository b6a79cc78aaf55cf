import { drawBatch, drawFeeds } from "../../augment/batch.ts";
import { augmentGraph, augmentInputs } from "../../augment/graph.ts";
import { type AugmentationSpec, sourceSide, varies } from "../../augment/spec.ts";
import { assert } from "../../core/assert.ts";
import { mapConcurrent } from "../../core/async.ts";
import { sha256 } from "../../core/hash.ts";
import { float32, sizeOf, type Tensor, uint8 } from "../../core/tensor.ts";
import type { RowStore } from "../../data/row-store.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Session } from "../../runtime/session.ts";
import { join } from "../../surgery/join.ts";
import { preprocessedOutput } from "../../surgery/preprocess.ts";
import type { Picture } from "../extract.ts";
import { pictureVersion } from "../picture.ts";
import type { ViewsEvent } from "./events.ts";
import { chunksOfIndices, hotTargets, type InputParts, type Inputs, placeOf } from "./inputs.ts";
import { Squares } from "./squares.ts";

export interface CachedPart {
  readonly frozen: Model;
  /** The value that leaves it, and its sizes without the batch. */
  readonly input: string;
  readonly shape: readonly number[];
  /** Augmented views of each training picture. */
  readonly views: number;
}

/**
 * Pictures as they leave the frozen part, which runs once for each view of each picture: `views` augmented ones for
 * training, a plain one for validation. Kept in the store by content, as feature vectors are. View v, from 0 on, is the
 * picture as epoch v + 1 would draw it anew; epoch e, from 1 on, is shown view (e - 1) mod `views`.
 */
export async function* openCachedInputs(
  parts: InputParts,
  part: CachedPart,
): AsyncGenerator<ViewsEvent, Inputs> {
  const plain: AugmentationSpec = {};
  const { train, val } = parts;
  const views: FrozenViews[] = [];
  const close = async (): Promise<void> => {
    for (const each of views) each.close();
  };
  let filled = false;
  try {
    const training = await FrozenViews.open(parts, part, train, parts.augmentation);
    views.push(training);
    const validation = await FrozenViews.open(parts, part, val, plain);
    views.push(validation);
    const total = train.length * part.views + val.length;
    const missing = { train: await training.missing(part.views), val: await validation.missing(1) };
    const lacking = { train: viewsIn(missing.train), val: viewsIn(missing.val) };
    await parts.ensureRoom?.(4 * sizeOf(part.shape) * (lacking.train + lacking.val));
    yield* training.fill(missing.train, total - val.length - lacking.train, total);
    yield* validation.fill(missing.val, total - lacking.val, total);
    filled = true;
    return { ...viewInputs(parts, part, training, validation), close };
  } finally {
    if (!filled) await close();
  }
}

function viewInputs(
  parts: InputParts,
  part: CachedPart,
  training: FrozenViews,
  validation: FrozenViews,
): Omit<Inputs, "close"> {
  const { train, val } = parts;
  return {
    name: part.input,
    training: train.length,
    validation: val.length,
    async batch(indices, epoch) {
      const pictures = Array.from(indices, (i) => train[i]!);
      const input = await training.gather(pictures, (epoch - 1) % part.views);
      return { rows: pictures.length, input, targets: hotTargets(pictures, parts) };
    },
    async *validate() {
      for (const indices of chunksOfIndices(val.length)) {
        const pictures = indices.map((i) => val[i]!);
        const input = await validation.gather(pictures, 0);
        yield { rows: pictures.length, input, targets: hotTargets(pictures, parts) };
      }
    },
  };
}

/** A picture's views that are not there, and what they are to be kept under. */
interface Missing {
  readonly index: number;
  readonly lacking: readonly { readonly view: number; readonly key: string }[];
}

function viewsIn(missing: readonly Missing[]): number {
  return missing.reduce((sum, { lacking }) => sum + lacking.length, 0);
}

/** Views of some pictures behind the frozen part. */
class FrozenViews {
  readonly #parts: InputParts;
  readonly #part: CachedPart;
  readonly #pictures: readonly Picture[];
  readonly #augmentation: AugmentationSpec;
  readonly #graph: Model;
  readonly #store: RowStore;

  private constructor(
    parts: InputParts,
    part: CachedPart,
    pictures: readonly Picture[],
    augmentation: AugmentationSpec,
    graph: Model,
    store: RowStore,
  ) {
    this.#parts = parts;
    this.#part = part;
    this.#pictures = pictures;
    this.#augmentation = augmentation;
    this.#graph = graph;
    this.#store = store;
  }

  static async open(
    parts: InputParts,
    part: CachedPart,
    pictures: readonly Picture[],
    augmentation: AugmentationSpec,
  ): Promise<FrozenViews> {
    const { preprocess, input, model } = parts.backbone;
    const source = sourceSide(augmentation, preprocess.size);
    const opset = model.opsets.get("") ?? 0;
    const augment = augmentGraph({ preprocess, source, mixing: false, opset });
    const graph = join(augment, part.frozen, { [input]: preprocessedOutput });
    const { runtime, decoderName, seed, openStore } = parts;
    const what = [
      runtime.name,
      decoderName,
      pictureVersion,
      preprocess.fit,
      // Pictures that nothing varies are the same whatever the seed, so every training shares them.
      varies(augmentation) ? seed : "any seed",
      JSON.stringify(augmentation),
    ];
    const key = await sha256(`${await sha256(writeModel(graph))} ${what.join(" ")}`);
    return new FrozenViews(
      parts,
      part,
      pictures,
      augmentation,
      graph,
      openStore(key, 4 * sizeOf(part.shape), "views"),
    );
  }

  /** The views that the store does not hold. */
  async missing(views: number): Promise<readonly Missing[]> {
    const missing: Missing[] = [];
    for (const [index, picture] of this.#pictures.entries()) {
      const lacking: { view: number; key: string }[] = [];
      for (let view = 0; view < views; view++) {
        const key = await keyOf(picture, view);
        if (!this.#store.has(key)) lacking.push({ view, key });
      }
      if (lacking.length > 0) missing.push({ index, lacking });
    }
    return missing;
  }

  /** Computes views; of the `total`, `before` are there already. */
  async *fill(missing: readonly Missing[], before: number, total: number): AsyncGenerator<ViewsEvent> {
    const { runtime, decode, backbone, signal } = this.#parts;
    const { preprocess, model } = backbone;
    let done = before;
    yield { type: "views", done, total };
    if (missing.length === 0) return;
    const size = sourceSide(this.#augmentation, preprocess.size);
    const opset = model.opsets.get("") ?? 0;
    const squares = await Squares.open({ preprocess, size, opset, runtime, decode }, this.#pictures);
    let session: Session | undefined;
    try {
      session = await runtime.load(writeModel(this.#graph), { runs: "many" });
      const running = session;
      // All views of a picture in one go: it is decoded once, and its square need not stay in memory.
      const one = async ({ index, lacking }: Missing): Promise<number> => {
        signal?.throwIfAborted();
        const square = await squares.get(index);
        const place = placeOf(this.#pictures[index]!);
        const { seed } = this.#parts;
        for (const { view, key } of lacking) {
          signal?.throwIfAborted();
          const where = { seed, epoch: view + 1, indices: [place], size: preprocess.size };
          const draw = drawBatch(this.#augmentation, where);
          const feeds = {
            [augmentInputs.pixels]: uint8(square, [1, size, size, 3]),
            ...drawFeeds(draw, false),
          };
          const row = (await running.run(feeds))[this.#part.input];
          assert(row, "the engine answered without the cut's value");
          this.#store.put(key, row.bytes.slice());
        }
        return lacking.length;
      };
      for await (const computed of mapConcurrent(missing, 2 * runtime.concurrency, one)) {
        done += computed;
        yield { type: "views", done, total };
      }
      this.#store.flush();
    } finally {
      await session?.release();
      await squares.close();
    }
  }

  /** The same view of some pictures, float32 [pictures, ...shape]. */
  async gather(pictures: readonly Picture[], view: number): Promise<Tensor> {
    const row = 4 * sizeOf(this.#part.shape);
    const all = new Uint8Array(pictures.length * row);
    for (const [i, picture] of pictures.entries()) {
      const stored = this.#store.get(await keyOf(picture, view));
      assert(stored, `the view of ${picture.sample.id} is gone from the cache`);
      all.set(stored, i * row);
    }
    return float32(new Float32Array(all.buffer), [pictures.length, ...this.#part.shape]);
  }

  close(): void {
    this.#store.close();
  }
}

function keyOf({ hash }: Picture, view: number): Promise<string> {
  return sha256(`${hash} ${view}`);
}
