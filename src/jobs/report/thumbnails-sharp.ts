import sharp from "sharp";
import { mapConcurrent } from "../../core/async.ts";
import { decodeBytes, decoderName } from "../../data/decode-sharp.ts";
import type { Dataset, Sample } from "../../data/sample.ts";
import type { OpenStore } from "../../train/extract.ts";
import { type LoadedPicture, loadPicture, orSkipped } from "../../train/picture.ts";
import { KeptPictures, webpUri } from "./kept-pictures.ts";

/** Side of a thumbnail in pixels: what a tile shows on most screens. */
const side = 112;

/** Raise it when thumbnails are drawn otherwise. */
const version = 1;

/** Bytes of a kept thumbnail and its length at most; twice what most have, and the few larger ones are drawn each time. */
const rowBytes = 8192;

/** Characters of all data: URIs together. */
const mostCharacters = 2_500_000;

export interface Thumbnails {
  /** data: URIs of WebP pictures, by file. */
  readonly pictures: ReadonlyMap<string, string>;
  /** Not found, not readable any more, or another picture now. */
  readonly lost: readonly string[];
}

export interface ThumbnailOptions {
  /** In the order of importance: the last are left out where the size is reached. */
  readonly files: readonly string[];
  /** First digits of each picture's sha256: one that differs shows something that was never measured. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Whether the middle square is what the network sees. */
  readonly square: boolean;
  readonly lanes: number;
  /** Where thumbnails are kept, so that the next report need not draw them anew; left out, they are not. */
  readonly openStore?: OpenStore | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Small copies of pictures, together bounded whatever the data. */
export async function makeThumbnails(
  { samples }: Pick<Dataset, "samples">,
  { files, hashes, square, lanes, openStore, signal }: ThumbnailOptions,
): Promise<Thumbnails> {
  const known = new Map(samples.map((sample) => [sample.id, sample]));
  const pictures = new Map<string, string>();
  const lost: string[] = [];
  const how = `${version} ${side} ${square} ${decoderName}`;
  const store = await KeptPictures.open(openStore, "thumbnails", how, rowBytes);
  const one = async (file: string): Promise<string | undefined> => {
    signal?.throwIfAborted();
    const sample = known.get(file);
    if (sample === undefined) return undefined;
    const made = await orSkipped(file, () => thumbnail(sample, hashes.get(file), square, store));
    return typeof made === "string" ? made : undefined;
  };
  try {
    let characters = 0;
    let place = 0;
    for await (const uri of mapConcurrent(files, lanes, one)) {
      const file = files[place++]!;
      if (uri === undefined) {
        lost.push(file);
        continue;
      }
      characters += uri.length;
      if (characters > mostCharacters) break;
      pictures.set(file, uri);
    }
  } finally {
    store.close();
  }
  return { pictures, lost };
}

async function thumbnail(
  { id, content }: Sample,
  hash: string | undefined,
  square: boolean,
  store: KeptPictures,
): Promise<string | undefined> {
  const picture = await loadPicture(id, content);
  if (hash !== undefined && !picture.hash.startsWith(hash)) return undefined;
  const kept = store.get(picture.hash);
  const small = kept ?? (await draw(picture, square));
  if (kept === undefined) store.put(picture.hash, small);
  return webpUri(small);
}

async function draw({ id, content, bytes }: LoadedPicture, square: boolean): Promise<Uint8Array> {
  const { width, height, data } =
    content.kind === "file"
      ? await decodeBytes(bytes, { id, shrinkTo: side })
      : { width: content.width, height: content.height, data: bytes };
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, {
      fit: square ? "cover" : "inside",
      // Of pictures as small as CIFAR's the pixels are the truth.
      kernel: Math.max(width, height) < side ? "nearest" : "cubic",
    })
    .webp({ quality: 72, effort: 1 })
    .toBuffer();
}
