import { NoModelError } from "../errors.ts";
import type { Provider } from "../provider.ts";

const archive = /\.(zip|tar|tgz|gz|bz2|xz|7z|rar)$/i;

/** A single file at an address. Nothing is known of its bytes: they are pinned as they first come. */
export const describeUrl: Provider<"url"> = async ({ url }) => {
  const last = new URL(url).pathname.split("/").at(-1) ?? "";
  if (archive.test(last)) {
    throw new NoModelError(
      {
        what: `${url} is an archive, not a model.`,
        next: "Unpack it, and give the path of the .onnx file in it.",
      },
      { handle: url },
    );
  }
  const name =
    last
      .replace(/[^A-Za-z0-9._-]/g, "_")
      .replace(/^\.+/, "")
      .slice(-100) || "model";
  const path = name.endsWith(".onnx") ? name : `${name}.onnx`;
  return { id: url, name: path, model: path, files: [{ path, places: [{ url }] }] };
};
