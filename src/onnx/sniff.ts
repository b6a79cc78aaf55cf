/** A kind of file that is taken for an ONNX model now and then. */
interface Lookalike {
  readonly what: string;
  readonly next: string;
  matches(bytes: Uint8Array, text: string): boolean;
}

const picture = "Did you swap the paths of the model and of the pictures?";
const convert = "Convert it to ONNX first";

/** `signature` as Latin-1 text, at this offset of the file. */
const starts =
  (signature: string, at = 0) =>
  (_: Uint8Array, text: string) =>
    text.startsWith(signature, at);

const lookalikes: readonly Lookalike[] = [
  {
    what: "an empty file",
    next: "Download or export the model again.",
    matches: (bytes) => bytes.length === 0,
  },
  {
    what: "a Git LFS pointer, not the model itself",
    next: "Run `git lfs pull` in its repository, or download the file by its 'raw' or 'resolve' address.",
    matches: starts("version https://git-lfs"),
  },
  {
    what: "a web page",
    next: "The address it came from answers with a page: use the link of the file itself.",
    matches: (_, text) => /^\s*(<!doctype html|<html|<\?xml|<head|<body)/i.test(text),
  },
  { what: "a JPEG picture", next: picture, matches: starts("\xff\xd8\xff") },
  { what: "a PNG picture", next: picture, matches: starts("\x89PNG") },
  { what: "a GIF picture", next: picture, matches: starts("GIF8") },
  { what: "a WebP picture", next: picture, matches: starts("WEBP", 8) },
  { what: "a TensorFlow Lite model", next: `${convert} (tf2onnx reads TFLite).`, matches: starts("TFL3", 4) },
  {
    what: "an ONNX Runtime (.ort) model",
    next: "Pass the .onnx file that it was made from.",
    matches: starts("ORTM", 4),
  },
  {
    what: "an HDF5 file, such as a Keras .h5 model",
    next: `${convert} (tf2onnx reads Keras).`,
    matches: starts("\x89HDF"),
  },
  {
    what: "a ZIP archive, such as a PyTorch .pt checkpoint or a Keras .keras model",
    next: `${convert} (torch.onnx.export, tf2onnx), or unpack the archive.`,
    matches: starts("PK\x03\x04"),
  },
  { what: "a gzip archive", next: "Unpack it first.", matches: starts("\x1f\x8b") },
  {
    what: "a Python pickle, such as an old PyTorch checkpoint",
    next: `${convert} with torch.onnx.export.`,
    matches: (bytes) => bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5,
  },
  {
    what: "a safetensors file, which holds weights but no network",
    next: "Export the whole model to ONNX instead.",
    matches: starts('{"', 8),
  },
  {
    what: "a JSON document",
    next: "Use the link or path of the .onnx file itself.",
    matches: (_, text) => /^\s*[{[]\s*["{[\]}]/.test(text),
  },
];

/** Guesses what bytes that are no ONNX model are instead, from their first half kilobyte. */
export function sniff(bytes: Uint8Array): { readonly what: string; readonly next: string } | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 512));
  return lookalikes.find((lookalike) => lookalike.matches(bytes, text));
}
