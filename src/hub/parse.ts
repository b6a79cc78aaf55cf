import { at, type Handle, hfHandle, isLoopback, refused, relativePath } from "./handle.ts";
import { pasted } from "./pasted.ts";

const catalogueName = /^[a-z0-9][a-z0-9._-]*$/;
const scheme = /^[a-z][a-z0-9+.-]*:/i;

/**
 * Parses whatever names a model: a path, a name, `hf:org/repo[@revision][:file.onnx]`, `zoo:path`, `https://…`
 * (of an archive: `[:path/file.onnx]`), an address copied from a browser, or `hub+https://host/model`. Touches neither disk nor network. Throws HandleError.
 */
export function parseHandle(text: string): Handle {
  const handle = text.trim();
  if (handle === "") throw refused(text, "it is empty");
  if (handle.length > 2000) throw refused(`${text.slice(0, 60)}…`, "it is longer than 2,000 characters");
  if (/\p{Cc}/u.test(handle)) throw refused(text, "it holds control characters");
  if (handle.startsWith("hf:")) return parseRepo(handle.slice(3), text);
  if (handle.startsWith("zoo:")) return { kind: "zoo", path: relativePath(handle.slice(4), text) };
  if (/^hub\+https?:/i.test(handle)) return parseHub(handle.slice(4), text);
  if (/^https?:/i.test(handle)) return parseAddress(handle, text);
  // A drive's letter on Windows is no scheme.
  if (/^[a-z]:[\\/]/i.test(handle)) return { kind: "file", path: handle };
  if (scheme.test(handle))
    throw refused(text, `"${handle.slice(0, handle.indexOf(":") + 1)}" is no way to a model`);
  if (catalogueName.test(handle) && !handle.endsWith(".onnx")) return { kind: "name", name: handle };
  return { kind: "file", path: handle };
}

function parseRepo(rest: string, text: string): Handle {
  const [, repo = "", revision, file] = /^([^@:]*)(?:@([^:]*))?(?::(.*))?$/s.exec(rest) ?? [];
  return hfHandle({ repo, revision, file }, text);
}

/** An address, or https://…/net.tar.gz:path/net.onnx, a file in the archive there. */
function parseAddress(handle: string, text: string): Handle {
  const [, archive, file] =
    /^(https?:\/\/[^/]+\/\S*?\.(?:zip|tar|tgz|tar\.gz)(?:\?[^:#]*)?):(.+)$/is.exec(handle) ?? [];
  if (archive === undefined || file === undefined) return pasted(address(handle, text), text);
  const found = pasted(address(archive, text), text);
  if (found.kind !== "url") throw refused(text, "a file in an archive is named behind a plain address alone");
  return { ...found, ...at({ file }, text) };
}

/** …/model[@revision][:file]: the model is the last name before either. */
function parseHub(rest: string, text: string): Handle {
  const [, start = "", model = "", revision, file] =
    /^(https?:\/\/[^/]+(?:\/[^@:]*)?)\/([^/@:]+)(?:@([^:]*))?(?::(.*))?$/is.exec(rest) ?? [];
  if (!catalogueName.test(model)) throw refused(text, "it is not hub+https://host/model");
  const url = address(start, text);
  if (url.search !== "" || url.hash !== "") throw refused(text, "a hub's address has no ? or #");
  return {
    kind: "hub",
    hub: `${url.origin}${url.pathname}`.replace(/\/+$/, ""),
    model,
    ...at({ revision, file }, text),
  };
}

/** An address that may be asked: https, or http on this machine alone. Throws HandleError. */
function address(text: string, handle: string): URL {
  if (!URL.canParse(text)) throw refused(handle, "it is no address");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refused(handle, "it holds a user name or password");
  if (url.protocol === "http:" && !isLoopback(url)) {
    throw refused(handle, "http can be changed on its way; give https (http is for this machine alone)");
  }
  return url;
}
