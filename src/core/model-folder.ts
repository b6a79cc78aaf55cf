import { sha256 } from "./hash.ts";

/** How a hub's folder holds a model: for who publishes there and who serves it. */

/** Names that are the same on every disk and in an address. */
export const publishedName = /^[a-z0-9][a-z0-9._-]{0,95}$/;
/** Files that are published; hidden ones and odd names are not. */
export const publishedFile = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;
/** Within a model's folder: its earlier revisions, a folder each. */
export const earlierRevisions = "revisions";
export const revisionName = /^[0-9a-f]{40}$/;

/** What a model is at: it changes with any byte of any file, and has 40 hexadecimal digits, as a commit has. */
export async function revisionOf(
  files: readonly { readonly path: string; readonly sha256: string }[],
): Promise<string> {
  const lines = files.map((file) => `${file.path} ${file.sha256}`).sort();
  return (await sha256(lines.join("\n"))).slice(0, 40);
}
