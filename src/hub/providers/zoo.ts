import { isFields } from "../../core/json.ts";
import { archiveFormat } from "../archive/archive.ts";
import { NoModelError } from "../errors.ts";
import { type Provider, placeAt } from "../provider.ts";

/** Where the zoo's files went when its own store closed in July 2025. */
const moved = "onnxmodelzoo/legacy_models";

/**
 * A file of the ONNX model zoo, or the archive that it lies in with sample data: its hash from the zoo's own manifest, its
 * bytes from where the zoo moved to.
 */
export const describeZoo: Provider<"zoo"> = async ({ path }, { endpoint, zooManifest, ask }) => {
  const entries: unknown = await (await ask(zooManifest)).json();
  const stated = Array.isArray(entries) ? entries.map((entry) => statedOf(entry, path)) : [];
  const digest = stated.find((one) => one !== undefined);
  if (digest === undefined) {
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
  const format = archiveFormat(file);
  // Everybody may have it: no token is shown.
  const place = placeAt({ endpoint }, { repo: moved, revision: "main", path });
  return {
    id: `zoo:${path}`,
    name: file,
    model: file,
    files: [{ path: file, ...digest, places: [place] }],
    ...(format && { packed: { format } }),
    note: `The ONNX model zoo's own store has closed; this is its file at hf:${moved}.`,
  };
};

/** What the manifest's entry says of a path: of its model, or of the archive that holds it. */
function statedOf(
  entry: unknown,
  path: string,
): { readonly sha256: string; readonly bytes: number } | undefined {
  if (!isFields(entry) || !isFields(entry.metadata)) return undefined;
  const { model_sha, model_bytes, model_with_data_path, model_with_data_sha, model_with_data_bytes } =
    entry.metadata;
  const [sha256, bytes] =
    entry.model_path === path
      ? [model_sha, model_bytes]
      : model_with_data_path === path
        ? [model_with_data_sha, model_with_data_bytes]
        : [];
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return Number.isSafeInteger(bytes) ? { sha256, bytes: bytes as number } : undefined;
}
