/// <reference lib="dom" />
import { UsageError } from "../core/errors.ts";
import { PictureError } from "../data/errors.ts";
import { byCodePoint, toLabel } from "../data/names.ts";
import type { Content, Dataset, Part, Sample } from "../data/sample.ts";
import { defaultReadLimit } from "../data/tree.ts";
import { oneOf } from "../train/check-data.ts";
import type { Sight } from "../train/picture.ts";
import { type PictureSource, pixelsOf } from "./pixels.ts";

/** A picture of the user's and the class that it shows. */
export interface LabelledPicture {
  readonly picture: PictureSource;
  readonly label: string;
  /** What reports call it. Default: its file's path or name. */
  readonly id?: string | undefined;
  /** Where the pictures come ready split: whether it is trained on, chosen by or only measured on. */
  readonly part?: Part | undefined;
}

/** More would not fit into a page's memory, and a source that never ends must end here. */
const mostPictures = 200_000;

/**
 * The user's pictures as data to train on. Files are read when their turn comes; what is drawn (a video, a canvas) is
 * taken as it is now. Throws UsageError and the signal's reason.
 */
export async function datasetOf(
  pictures: Iterable<LabelledPicture> | AsyncIterable<LabelledPicture>,
  sight: Sight,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const samples = new Map<string, Sample>();
  for await (const { picture, label, id = nameOf(picture), part } of pictures) {
    signal?.throwIfAborted();
    if (samples.size === mostPictures) throw tooMany();
    if (label.trim() === "") throw unlabelled(id);
    if (part !== undefined) oneOf("part", part, ["train", "val", "test"]);
    let own = id;
    while (samples.has(own)) own = `${own}#${samples.size}`;
    const content = await contentOf(picture, sight, own);
    samples.set(own, { id: own, label: toLabel(label), content, ...(part && { part }) });
  }
  const classes = [...new Set([...samples.values()].map(({ label }) => label))].sort(byCodePoint);
  return {
    path: "The pictures",
    layout: "browser",
    classes,
    multiLabel: false,
    samples: [...samples.values()],
    ignored: [],
    close: async () => {},
  };
}

function nameOf(picture: PictureSource): string {
  return picture instanceof File ? picture.webkitRelativePath || picture.name : "picture";
}

async function contentOf(picture: PictureSource, sight: Sight, id: string): Promise<Content> {
  if (picture instanceof Uint8Array) return { kind: "file", read: async () => picture };
  if (picture instanceof Blob) return { kind: "file", read: () => bytesOf(picture) };
  try {
    const { width, height, data } = await pixelsOf(picture, sight, id);
    return { kind: "pixels", width, height, read: async () => data };
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    // It is passed over and told of in its turn, as a file that cannot be read.
    return { kind: "file", read: () => Promise.reject(error) };
  }
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  if (file.size > defaultReadLimit)
    throw new Error(`it has ${file.size} bytes, more than the limit of ${defaultReadLimit}`);
  return new Uint8Array(await file.arrayBuffer());
}

function unlabelled(id: string): UsageError {
  return new UsageError(
    { what: `${id} has no label.`, next: "Give each picture the name of its class." },
    { option: "label", value: "" },
  );
}

function tooMany(): UsageError {
  return new UsageError(
    {
      what: `There are more than ${mostPictures} pictures.`,
      next: "Train on a part of them here, or on all of them in Node.",
    },
    { option: "pictures", value: mostPictures },
  );
}
