import { HandleError } from "./errors.ts";

/** What a string names, before anything is looked up. */
export type Handle =
  /** A file on this machine. */
  | { readonly kind: "file"; readonly path: string }
  /** A row of the catalogue, or "box". */
  | { readonly kind: "name"; readonly name: string }
  /** One file at an address, or a file in the archive there. */
  | { readonly kind: "url"; readonly url: string; readonly file?: string }
  /** A repository on Hugging Face; the newest revision and the model found by looking where they are left out. */
  | {
      readonly kind: "hf";
      readonly repo: string;
      readonly revision?: string;
      readonly file?: string;
    }
  /** A path in the ONNX model zoo, as its manifest writes it. */
  | { readonly kind: "zoo"; readonly path: string }
  /** A network by the name that TensorFlow Hub had for it; `address` is what was written. */
  | { readonly kind: "tfhub"; readonly network: string; readonly address: string }
  /** A model on a hub of one's own, which speaks Hugging Face's protocol at this address (no "/" at its end). */
  | {
      readonly kind: "hub";
      readonly hub: string;
      readonly model: string;
      readonly revision?: string;
      readonly file?: string;
    };

/** What has to come over the network. */
export type Remote = Exclude<Handle, { kind: "file" }>;

const part = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const repoName = new RegExp(`^${part}/${part}$`);
const revisionName = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;

const forms =
  "Write a file's path (./model.onnx), a name from `tsugiki models list`, hf:org/repo[@revision][:file.onnx], " +
  "an https address (of an archive: https://host/net.zip[:path/net.onnx]), or hub+https://host/model.";

/** The handle as text that parses to the same. */
export function handleText(handle: Handle): string {
  switch (handle.kind) {
    case "file":
      return handle.path;
    case "name":
      return handle.name;
    case "url":
      return `${handle.url}${behind(handle)}`;
    case "hf":
      return `hf:${handle.repo}${behind(handle)}`;
    case "hub":
      return `hub+${handle.hub}/${handle.model}${behind(handle)}`;
    case "zoo":
      return `zoo:${handle.path}`;
    case "tfhub":
      return handle.address;
  }
}

function behind({ revision, file }: { readonly revision?: string; readonly file?: string }): string {
  return `${revision === undefined ? "" : `@${revision}`}${file === undefined ? "" : `:${file}`}`;
}

/** A repository's handle from its parts, checked. Throws HandleError. */
export function hfHandle(
  { repo, revision, file }: { repo: string; revision?: string | undefined; file?: string | undefined },
  text: string,
): Handle {
  if (!repoName.test(repo) || repo.includes("..") || repo.includes("--")) {
    throw refused(text, `"${repo}" is no repository: they are called organisation/name`);
  }
  return { kind: "hf", repo, ...at({ revision, file }, text) };
}

/** A revision and a file as they stand in a handle, checked. Throws HandleError. */
export function at(
  { revision, file }: { revision?: string | undefined; file?: string | undefined },
  text: string,
): { readonly revision?: string; readonly file?: string } {
  if (revision !== undefined && (!revisionName.test(revision) || revision.includes(".."))) {
    throw refused(text, `"${revision}" is no revision: give a branch, a tag or a commit`);
  }
  return {
    ...(revision !== undefined && { revision }),
    ...(file !== undefined && { file: relativePath(file, text) }),
  };
}

/** A path inside a folder, "/" between names, none of which leads out of it. Throws HandleError. */
export function relativePath(path: string, text: string): string {
  const names = path.split("/");
  if (names.some((name) => name === "" || name === "." || name === ".." || name.includes("\\"))) {
    throw refused(text, `"${path}" is no path inside a repository`);
  }
  return path;
}

/** Whether an address is on this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export function refused(handle: string, why: string): HandleError {
  return new HandleError({ what: `"${handle}" names no model:`, why: `${why}.`, next: forms }, { handle });
}
