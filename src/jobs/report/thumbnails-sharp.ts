import sharp from "sharp";
import { mapConcurrent } from "../../core/async.ts";
import { decodeBytes } from "../../data/decode-sharp.ts";
import type { Dataset, Sample } from "../../data/sample.ts";
import { loadPicture, orSkipped } from "../../train/picture.ts";

/** Side of a thumbnail in pixels: what a tile shows on most screens. */
const side = 112;

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
  readonly signal?: AbortSignal | undefined;
}

/** Small copies of pictures, together bounded whatever the data. */
export async function makeThumbnails(
  { samples }: Pick<Dataset, "samples">,
  { files, hashes, square, lanes, signal }: ThumbnailOptions,
): Promise<Thumbnails> {
  const known = new Map(samples.map((sample) => [sample.id, sample]));
  const pictures = new Map<string, string>();
  const lost: string[] = [];
  let characters = 0;
  const one = async (file: string): Promise<string | undefined> => {
    signal?.throwIfAborted();
    const sample = known.get(file);
    if (sample === undefined) return undefined;
    const made = await orSkipped(file, () => thumbnail(sample, hashes.get(file), square));
    return typeof made === "string" ? made : undefined;
  };
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
  return { pictures, lost };
}

async function thumbnail(
  { id, content }: Sample,
  hash: string | undefined,
  square: boolean,
): Promise<string | undefined> {
  const { bytes, hash: own } = await loadPicture(id, content);
  if (hash !== undefined && !own.startsWith(hash)) return undefined;
  const { width, height, data } =
    content.kind === "file"
      ? await decodeBytes(bytes, { id, shrinkTo: side })
      : { width: content.width, height: content.height, data: bytes };
  const small = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, {
      fit: square ? "cover" : "inside",
      // Of pictures as small as CIFAR's the pixels are the truth.
      kernel: Math.max(width, height) < side ? "nearest" : "cubic",
    })
    .webp({ quality: 72, effort: 1 })
    .toBuffer();
  return `data:image/webp;base64,${small.toString("base64")}`;
}
