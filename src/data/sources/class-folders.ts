import { TooFewPicturesError } from "../errors.ts";
import { isPictureName, strayReason, toLabel } from "../names.ts";
import type { Part, Sample } from "../sample.ts";
import type { FileTree, Ignored, Listing, TreeFile } from "../tree.ts";

/** Names of the folders directly below `prefix` ("" or "train/"). */
export function foldersBelow(listing: Listing, prefix: string): string[] {
  const below = listing.folders
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  return below.filter((name) => !name.includes("/"));
}

/** The names on a path's way below `prefix`, or undefined for a path elsewhere. */
export function namesBelow(path: string, prefix: string): string[] | undefined {
  return path.startsWith(prefix) ? path.slice(prefix.length).split("/") : undefined;
}

/** A file as a sample, or the reason why it is none. */
export function sampleOf(tree: FileTree, file: TreeFile, label: string, part?: Part): Sample | Ignored {
  if (!isPictureName(file.path)) return { path: file.path, reason: strayReason(file.path) };
  if (file.size === 0) return { path: file.path, reason: "empty file" };
  const { path, state } = file;
  const content = { kind: "file", state, read: () => tree.read(path) } as const;
  return { id: file.path, label: toLabel(label), content, ...(part && { part }) };
}

/** Sorts what `sampleOf` gave into samples and files passed over. */
export function separate(found: readonly (Sample | Ignored)[]): { samples: Sample[]; ignored: Ignored[] } {
  const samples: Sample[] = [];
  const ignored: Ignored[] = [];
  for (const one of found) {
    if ("content" in one) samples.push(one);
    else ignored.push(one);
  }
  return { samples, ignored };
}

/** Throws TooFewPicturesError for a class folder without a picture. */
export function checkClassFolders(
  path: string,
  folders: readonly string[],
  samples: readonly Sample[],
): void {
  const labels = new Set(samples.map((sample) => sample.label));
  for (const folder of folders) {
    const label = toLabel(folder);
    if (labels.has(label)) continue;
    throw new TooFewPicturesError(
      {
        what: `The class folder ${JSON.stringify(folder)} in ${path} holds no pictures.`,
        why: "JPEG, PNG, WebP, GIF, TIFF and AVIF files are read.",
        next: "Put pictures into it, or take the folder out.",
      },
      { label, pictures: 0, groups: 0, needed: 1 },
    );
  }
}
