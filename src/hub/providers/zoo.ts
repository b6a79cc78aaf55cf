import { isFields } from "../../core/json.ts";
import { NoModelError } from "../errors.ts";
import { type Provider, placeAt } from "../provider.ts";

/** Where the zoo's files went when its own store closed in July 2025. */
const moved = "onnxmodelzoo/legacy_models";

/** A file of the ONNX model zoo: its hash from the zoo's own manifest, its bytes from where the zoo moved to. */
export const describeZoo: Provider<"zoo"> = async ({ path }, { endpoint, zooManifest, ask }) => {
  const entries: unknown = await (await ask(zooManifest)).json();
  const entry = Array.isArray(entries)
    ? entries.find((one) => isFields(one) && one.model_path === path)
    : undefined;
  const metadata = isFields(entry) && isFields(entry.metadata) ? entry.metadata : undefined;
  const { model_sha: sha256, model_bytes: bytes } = metadata ?? {};
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256) || !Number.isSafeInteger(bytes)) {
    throw new NoModelError(
      {
        what: `The ONNX model zoo has no ${path}.`,
        why: "Its manifest does not list that path.",
        next: "Copy the address of the .onnx file's page, or look for it with `tsugiki models list`.",
      },
      { handle: `zoo:${path}` },
    );
  }
  const file = path.split("/").at(-1)!;
  // Everybody may have it: no token is shown.
  const place = placeAt({ endpoint }, { repo: moved, revision: "main", path });
  return {
    id: `zoo:${path}`,
    name: file,
    model: file,
    files: [{ path: file, sha256, bytes: bytes as number, places: [place] }],
    note: `The ONNX model zoo's own store has closed; this is its file at hf:${moved}.`,
  };
};
