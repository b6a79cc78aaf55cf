import { NoModelError } from "../errors.ts";

/** Where exporters put the network in full precision; of a pair of towers, the one that sees. */
const usual = ["onnx/vision_model.onnx", "vision_model.onnx", "onnx/model.onnx", "model.onnx"];
/** Forms with fewer bits a weight, and halves of models that are no picture network. */
const special =
  /[_-](q4|q4f16|int8|uint8|quantized|bnb4|fp16|qdq|bf16)\b|(^|\/)(decoder|encoder_decoder|text_model)/i;

/**
 * Which of a repository's files is meant where the handle does not say: the usual place, else the only ONNX file in full
 * precision. Throws NoModelError that lists the candidates.
 */
export function chooseModel(paths: readonly string[], handle: string): string {
  const place = usual.find((path) => paths.includes(path));
  if (place !== undefined) return place;
  const all = paths.filter((path) => path.endsWith(".onnx"));
  const full = all.filter((path) => !special.test(path));
  const [only] = full.length > 0 ? full : all;
  if (only !== undefined && (full.length === 1 || all.length === 1)) return only;
  if (only === undefined) {
    throw new NoModelError(
      {
        what: `${handle} has no ONNX file.`,
        why: "Tsugiki grafts on ONNX models; PyTorch's and TensorFlow's own files would have to be run to be read.",
        next: "Look for the same network under onnx-community or Xenova: `tsugiki models search NAME`.",
      },
      { handle },
    );
  }
  const candidates = full.length > 0 ? full : all;
  const more = candidates.length > 8 ? ` and ${candidates.length - 8} more` : "";
  throw new NoModelError(
    {
      what: `${handle} has ${candidates.length} ONNX files, and it is not plain which is meant:`,
      why: `${candidates.slice(0, 8).join(", ")}${more}.`,
      next: `Add one to the handle: ${handle}:${only}`,
    },
    { handle },
  );
}
