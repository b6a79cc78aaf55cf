import { reason, TsugikiError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { listOf } from "../core/list.ts";
import { ArchiveError, FileReadError, PictureError } from "../data/errors.ts";
import { fingerprint } from "../data/fingerprint.ts";
import { jpegSides, sniff } from "../data/picture-format.ts";
import type { Content, Pixels } from "../data/sample.ts";
import type { Fit } from "../surgery/preprocess.ts";

/** Turns a picture's content into pixels; its JPEG may be decoded smaller, but not below `shrinkTo`. */
export type Decode = (
  content: Content,
  options: { readonly id: string; readonly shrinkTo: number },
) => Promise<Pixels>;

/** How pictures are looked at. */
export interface Sight {
  readonly fit: Fit;
  /** A large JPEG is decoded smaller, its shorter side still at least this. */
  readonly shrinkTo: number;
}

/** A picture whose bytes are in memory, not decoded yet. */
export interface LoadedPicture {
  readonly id: string;
  /** As it was given; `read` answers the bytes in memory. */
  readonly content: Content;
  readonly bytes: Uint8Array;
  /** sha256 of its bytes; raw pixels say no size of their own, so it is hashed with them. */
  readonly hash: string;
}

/** One picture that was passed over. */
export interface SkippedPicture {
  readonly file: string;
  readonly reason: string;
}

/** Raise it when decoding or fingerprints give other numbers than before: what is cached of them is then of no use. */
export const pictureVersion = 2;

/** How far a picture is decoded beyond what the network sees, so that the graph's own resize has all it needs. */
export const oversampling = 4;

/**
 * Fingerprints are taken from this decode, whatever the network sees: twins, and the split with them, are the same for
 * every base and size. It is that of the usual network, which so decodes nothing twice; for others only JPEGs whose
 * shorter side has 2,688 pixels (or twelve times what they see, where that is less) are, in 10 to 35 ms each.
 */
const fingerprintShrinkTo = oversampling * 224;

/** From this factor on, a decoder shrinks a JPEG (see `DecodeOptions.shrinkTo`). */
const leastShrink = 3;

/** Under "cover" a strip of pixels would be blown up by this much before it is cut. */
const maxAspect = 64;

/** What of a network's preprocessing says how pictures are decoded for it. */
interface Looking {
  readonly size: number;
  readonly fit: Fit;
}

/** The sight of a network, by its preprocessing; of several that see the same decode, what suits each of them. */
export function sightOf(preprocess: Looking | readonly Looking[]): Sight {
  const all = listOf(preprocess);
  const sizes = all.map(({ size }) => size);
  // Strips are refused where one of them would blow them up.
  const cover = all.find(({ fit }) => fit === "cover") ?? all[0];
  return { fit: cover?.fit ?? "cover", shrinkTo: oversampling * Math.max(...sizes) };
}

/** The sight where no network is at hand: what fingerprints need, held to the rule of the default fit. */
export const plainSight: Sight = { fit: "cover", shrinkTo: fingerprintShrinkTo };

/** Reads a picture's bytes. Throws FileReadError or ArchiveError as its tree does, PictureError otherwise. */
export async function loadPicture(id: string, content: Content): Promise<LoadedPicture> {
  const bytes = await content.read().catch((error: unknown) => {
    if (error instanceof TsugikiError) throw error;
    const why = reason(error);
    throw new PictureError(
      { what: `Cannot read ${id}:`, why: `${why}.` },
      { id, reason: why },
      { cause: error },
    );
  });
  const read = async (): Promise<Uint8Array> => bytes;
  const own = await sha256(bytes);
  const hash = content.kind === "file" ? own : await sha256(`${content.width} x ${content.height} ${own}`);
  return { id, content: { ...content, read }, bytes, hash };
}

/** Decodes a picture for this sight. Throws PictureError, also for a strip that this fit cannot take. */
export async function decodePicture(picture: LoadedPicture, sight: Sight, decode: Decode): Promise<Pixels> {
  const stored = storedSides(picture);
  if (stored !== undefined) refuseStrips(stored, sight.fit, picture.id);
  const pixels = await decode(picture.content, { id: picture.id, shrinkTo: sight.shrinkTo });
  if (stored === undefined) refuseStrips(pixels, sight.fit, picture.id);
  return pixels;
}

/** The fingerprint of a picture that was decoded to `pixels` for this sight; it does not depend on the sight. */
export async function fingerprintPicture(
  picture: LoadedPicture,
  pixels: Pixels,
  sight: Sight,
  decode: Decode,
): Promise<Uint8Array> {
  if (!mayShrink(picture, sight.shrinkTo)) return fingerprint(pixels);
  return fingerprint(await decode(picture.content, { id: picture.id, shrinkTo: fingerprintShrinkTo }));
}

/** Throws PictureError for a strip under "cover", by which a few pixels would fill the memory. */
export function refuseStrips(
  { width, height }: { readonly width: number; readonly height: number },
  fit: Fit,
  id: string,
): void {
  if (fit !== "cover" || Math.max(width, height) <= maxAspect * Math.min(width, height)) return;
  const why = `${width} x ${height} is a strip, more than ${maxAspect} times as long as it is wide`;
  throw new PictureError(
    { what: `${id}: ${why}.`, next: "Crop it, or train with --fit squash." },
    { id, reason: why },
  );
}

/** What `work` answers, or why its one picture cannot be read; under `strict` that stops everything. */
export async function orSkipped<T>(
  file: string,
  work: () => Promise<T>,
  { strict = false }: { readonly strict?: boolean } = {},
): Promise<T | SkippedPicture> {
  try {
    return await work();
  } catch (error) {
    const why = badPicture(error);
    if (strict || why === undefined) throw error;
    return { file, reason: why };
  }
}

/** Why one picture is bad; undefined for an error that is about more than one picture. */
function badPicture(error: unknown): string | undefined {
  if (error instanceof PictureError) return error.evidence.reason;
  if (error instanceof FileReadError) return error.message;
  // Without an entry it is the archive itself that is broken.
  if (error instanceof ArchiveError && error.evidence.entry !== undefined) return error.message;
  return undefined;
}

/** Width and height of a JPEG as stored: its decode may be smaller. A header that says 0 is left to the decoder. */
function storedSides({ content, bytes }: LoadedPicture): ReturnType<typeof jpegSides> {
  const sides = content.kind === "file" && sniff(bytes) === "jpeg" ? jpegSides(bytes) : undefined;
  return sides !== undefined && Math.min(sides.width, sides.height) > 0 ? sides : undefined;
}

/** Whether decoding for `shrinkTo` may give other pixels than decoding for the fingerprint. */
function mayShrink(picture: LoadedPicture, shrinkTo: number): boolean {
  if (shrinkTo === fingerprintShrinkTo) return false;
  if (picture.content.kind !== "file" || sniff(picture.bytes) !== "jpeg") return false;
  const stored = storedSides(picture);
  if (stored === undefined) return true;
  return Math.min(stored.width, stored.height) >= leastShrink * Math.min(shrinkTo, fingerprintShrinkTo);
}
