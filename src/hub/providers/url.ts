import { archiveFormat } from "../archive/archive.ts";
import { NoModelError } from "../errors.ts";
import { handleText } from "../handle.ts";
import type { Provider } from "../provider.ts";

const strange = /\.(gz|bz2|xz|zst|7z|rar)$/i;

/** A single file at an address. Nothing is known of its bytes: they are pinned as they first come. */
export const describeUrl: Provider<"url"> = async (handle) => {
  const { url, file } = handle;
  const id = handleText(handle);
  const name = fileName(new URL(url).pathname);
  const format = archiveFormat(name);
  if (format !== undefined) {
    const packed = { format, model: file };
    return {
      id,
      name: file?.split("/").at(-1) ?? name,
      model: name,
      files: [{ path: name, places: [{ url }] }],
      packed,
    };
  }
  if (strange.test(name)) {
    throw new NoModelError(
      {
        what: `${url} is an archive of a kind that is not unpacked here.`,
        why: "Of archives, .tar, .tar.gz, .tgz and .zip are.",
        next: "Unpack it, and give the path of the .onnx file in it.",
      },
      { handle: url },
    );
  }
  const path = name.endsWith(".onnx") ? name : `${name}.onnx`;
  return { id, name: path, model: path, files: [{ path, places: [{ url }] }] };
};

function fileName(pathname: string): string {
  const last = pathname.split("/").at(-1) ?? "";
  const plain = last.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "");
  return plain.slice(-100) || "model";
}
