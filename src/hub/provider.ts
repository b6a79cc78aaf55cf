import type { ArchiveFormat } from "./archive/archive.ts";
import type { Digest } from "./digest-node.ts";
import type { Handle } from "./handle.ts";
import { isFileName, isSha256, type ModelFacts } from "./record.ts";

/** What a hub says of a model before any of its files is taken. */
export interface Described extends ModelFacts {
  /** All that has to lie in one folder for the model to work. */
  readonly files: readonly DescribedFile[];
  /** Where the only file is an archive, and what the model is called is known when it is unpacked. */
  readonly packed?: Packed | undefined;
}

export interface Packed {
  readonly format: ArchiveFormat;
  /** The model's path in it, where that was said; else it has to be the only one. */
  readonly model?: string | undefined;
}

export interface DescribedFile extends Digest {
  /** Its name in the folder: one name, no path. */
  readonly path: string;
  /** Where it can be had, the best place first. */
  readonly places: readonly Place[];
  /** A file in Hugging Face's own cache that has these bytes, if any has: its path there. */
  readonly kept?: string;
}

/** One address of a file, and what to say there. */
export interface Place {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What providers know of the world outside. */
export interface World {
  /** Hugging Face or a mirror of it, without a slash at the end. */
  readonly endpoint: string;
  /** Shown to Hugging Face, never to the hosts that it redirects to. */
  readonly token?: string | undefined;
  /** Where the ONNX model zoo's list of files lies. */
  readonly zooManifest: string;
  /** Asks for a small answer in JSON, again where that may help. Throws Setback, and OfflineError where nothing may be asked. */
  ask(url: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** How handles of one kind are looked up. Throws NoModelError, DownloadError and Setback. */
export type Provider<Kind extends Handle["kind"]> = (
  handle: Extract<Handle, { kind: Kind }>,
  world: World,
) => Promise<Described>;

/** Where a file of a repository lies, and the token that its hub is shown, if any. */
export function placeAt(
  { endpoint, token }: Pick<World, "endpoint" | "token">,
  { repo, revision, path }: { readonly repo: string; readonly revision: string; readonly path: string },
): Place {
  const url = `${endpoint}/${repo}/resolve/${revision}/${path.split("/").map(encodeURIComponent).join("/")}`;
  return { url, ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }) };
}

/** How Hugging Face's own client asks, as its functions take it. */
export function clientOf({ endpoint, token, ask }: World) {
  return {
    hubUrl: endpoint,
    ...(token !== undefined && { accessToken: token }),
    fetch: (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
      ask(String(url), Object.fromEntries(new Headers(init?.headers))),
  };
}

/** Where Hugging Face's own tools keep a file of these bytes, in their cache folder. */
export function keptAt(repo: string, { sha256, gitOid }: Digest): string {
  return `models--${repo.replace("/", "--")}/blobs/${sha256 ?? gitOid}`;
}

/** The description, once nothing in it can lead out of the model's folder or pass for a hash. Throws Error. */
export function checked(described: Described): Described {
  const { files, model, packed } = described;
  const names = files.map(({ path }) => path);
  const refuse = (why: string): never => {
    throw new Error(why);
  };
  if (files.length > 1000) refuse(`it lists ${files.length} files`);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) refuse("two files have one name");
  if (!names.includes(model)) refuse("the model is not among its files");
  if (packed !== undefined && files.length > 1) refuse("files lie beside its archive");
  for (const { path, sha256, gitOid, bytes } of files) {
    if (!isFileName(path)) refuse(`"${path}" is no file's name`);
    if (sha256 !== undefined && !isSha256(sha256)) refuse(`the sha256 of ${path} is none`);
    if (gitOid !== undefined && !/^[0-9a-f]{40}$/.test(gitOid)) refuse(`git's hash of ${path} is none`);
    if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes >= 0))
      refuse(`the size of ${path} is none`);
  }
  return described;
}
