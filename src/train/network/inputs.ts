import type { AugmentationSpec } from "../../augment/spec.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { hotRows, type Labelling } from "../../data/labelling.ts";
import type { Runtime } from "../../runtime/session.ts";
import type { Backbone } from "../backbone.ts";
import type { OpenStore, Picture } from "../extract.ts";
import type { Decode } from "../picture.ts";

/** Some pictures as they enter the trained part of a network. */
export interface Batch {
  readonly rows: number;
  readonly input: Tensor;
  /** float32 [rows, classes]. */
  readonly targets: Tensor;
}

/** Where a stage's batches come from. */
export interface Inputs {
  /** Name of the graph input that takes them. */
  readonly name: string;
  /** Numbers of pictures. */
  readonly training: number;
  readonly validation: number;
  /** Training pictures by their indices, as epoch `epoch` sees them. */
  batch(indices: Int32Array, epoch: number): Promise<Batch>;
  /** The validation pictures, plain. */
  validate(): AsyncIterable<Batch>;
  close(): Promise<void>;
}

/** What inputs are made from. */
export interface InputParts {
  readonly backbone: Backbone;
  readonly runtime: Runtime;
  readonly decode: Decode;
  readonly decoderName?: string | undefined;
  readonly openStore: OpenStore;
  /** Throws where there is no room for so many bytes more in the stores; left out, nothing looks. */
  readonly ensureRoom?: ((bytes: number) => Promise<void>) | undefined;
  readonly train: readonly Picture[];
  readonly val: readonly Picture[];
  readonly labelling: Labelling;
  readonly augmentation: AugmentationSpec;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** Validation pictures that go through at once. */
const validationRows = 32;

/** 0 to `count`, a validation batch at a time. */
export function* chunksOfIndices(count: number): Generator<number[]> {
  for (let from = 0; from < count; from += validationRows) {
    yield Array.from({ length: Math.min(validationRows, count - from) }, (_, i) => from + i);
  }
}

/** A number that stands for a picture in random draws: of its content, so that no other picture can change it. */
export function placeOf({ hash }: Pick<Picture, "hash">): number {
  return Number.parseInt(hash.slice(0, 8), 16);
}

/** The classes of pictures as the loss takes them: float32 [pictures, classes]. */
export function hotTargets(
  pictures: readonly Pick<Picture, "sample">[],
  { labelling }: Pick<InputParts, "labelling">,
): Tensor {
  const samples = pictures.map(({ sample }) => sample);
  return float32(hotRows(samples, labelling), [pictures.length, labelling.classes]);
}
