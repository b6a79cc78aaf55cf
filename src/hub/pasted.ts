import { type Handle, hfHandle, refused } from "./handle.ts";

/**
 * What an address names, as it stands in a browser's address bar: a model's page, a file's page, a raw file. Hosts that
 * are not known give the file itself. Throws HandleError for pages that hold no model.
 */
export function pasted(url: URL, text: string): Handle {
  const host = url.hostname.replace(/^www\./, "");
  const names = url.pathname
    .split("/")
    .filter((name) => name !== "")
    .map(decoded);
  switch (host) {
    case "huggingface.co":
    case "hf.co":
      return fromHuggingFace(names, text);
    case "github.com":
      return fromGithub(url, names, text);
    case "raw.githubusercontent.com":
    case "media.githubusercontent.com":
      return fromRawGithub(url, names);
    case "tfhub.dev":
      return fromTfhub(names, text);
    case "kaggle.com":
      return fromKaggle(names, text);
    default:
      return { kind: "url", url: url.href };
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** huggingface.co/org/repo, …/tree/REVISION[/folder], …/blob|resolve|raw/REVISION/path */
function fromHuggingFace(names: readonly string[], text: string): Handle {
  const [first, second, page, revision, ...path] = names;
  if (first === "datasets" || first === "spaces")
    throw refused(text, `it is a page of Hugging Face's ${first}`);
  if (first === undefined || second === undefined) throw refused(text, "it is no model's page");
  const repo = `${first}/${second}`;
  if (page === undefined || revision === undefined) return hfHandle({ repo }, text);
  if (page === "tree") return hfHandle({ repo, revision }, text);
  if (!["blob", "resolve", "raw"].includes(page) || path.length === 0) return hfHandle({ repo }, text);
  return hfHandle({ repo, revision, file: path.join("/") }, text);
}

/** The model zoo moved to Hugging Face; other repositories give the raw file. */
function fromGithub(url: URL, names: readonly string[], text: string): Handle {
  const [owner, repo, page, revision, ...path] = names;
  if (page === "releases") return { kind: "url", url: url.href };
  if (revision === undefined || path.length === 0 || !["blob", "raw", "tree"].includes(page!)) {
    throw refused(text, "it is the page of a repository, not of a file in it");
  }
  if (page === "tree")
    throw refused(text, "it is a folder's page; open the .onnx file in it and copy that address");
  if (isZoo(owner, repo)) return { kind: "zoo", path: path.join("/") };
  return {
    kind: "url",
    url: `https://github.com/${[owner, repo, "raw", revision, ...path].map((name) => encodeURIComponent(name!)).join("/")}`,
  };
}

function fromRawGithub(url: URL, names: readonly string[]): Handle {
  const [owner, repo, ...rest] = url.hostname.startsWith("media.") ? names.slice(1) : names;
  const path = rest[0] === "refs" ? rest.slice(3) : rest.slice(1);
  if (isZoo(owner, repo) && path.length > 0) return { kind: "zoo", path: path.join("/") };
  return { kind: "url", url: url.href };
}

const isZoo = (owner: string | undefined, repo: string | undefined): boolean =>
  owner === "onnx" && repo === "models";

/** tfhub.dev/google/imagenet/NETWORK/feature_vector/VERSION, …/google/tf2-preview/NETWORK/…, …/tensorflow/efficientnet/b0/… */
function fromTfhub(names: readonly string[], text: string): Handle {
  const at = names.findIndex((name) => /^(feature[_-]vector|classification)$/.test(name));
  const [family, network] = [names[at - 2], names[at - 1]];
  if (network === undefined) throw refused(text, "it is no picture network's address on TensorFlow Hub");
  const whole = /^b\d$/.test(network) && family !== undefined ? `${family}_${network}` : network;
  return { kind: "tfhub", network: whole, address: text };
}

/** kaggle.com/models/google/mobilenet-v1/[frameworks/]tensorFlow2/[variations/]100-224-feature-vector[/versions]/2 */
function fromKaggle(names: readonly string[], text: string): Handle {
  const [section, , model, ...rest] = names;
  const variation = rest.find((name) => /(^|-)(feature-vector|classification)$/.test(name));
  if (section !== "models" || model === undefined || variation === undefined) {
    throw refused(text, "it is no picture network's page on Kaggle");
  }
  const network = `${model}-${variation.replace(/-?(feature-vector|classification)$/, "")}`
    .replace(/-$/, "")
    .replaceAll("-", "_");
  return { kind: "tfhub", network, address: text };
}
