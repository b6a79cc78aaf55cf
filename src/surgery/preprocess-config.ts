import { type Fields, isFields } from "../core/json.ts";
import { PreprocessError } from "./errors.ts";
import { maxSide } from "./image-input.ts";
import { type Fit, fits, type Normalisation, normalisationNames } from "./preprocess.ts";

/** What a model's own files say about its input; `source` names the file or field, for records. */
export interface PreprocessHints extends Normalisation {
  readonly size?: number;
  readonly fit?: Fit;
  readonly source: string;
}

/** Key under which Tsugiki writes a backbone's preprocessing into an ONNX file's metadata. */
export const preprocessKey = "tsugiki.preprocess";

function unusable(source: string, why: string): PreprocessError {
  return new PreprocessError(
    {
      what: `The preprocessing stated in ${source} cannot be followed: ${why}.`,
      next: `Correct it, or override it with --preprocess ${normalisationNames.join("|")}.`,
    },
    { choices: normalisationNames },
  );
}

function parse(text: string, source: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable(source, "it is not JSON");
  }
  if (!isFields(value)) throw unusable(source, "it is not a JSON object");
  return value;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function scaleOf(fields: Fields, key: string, otherwise: number | undefined, source: string): number {
  const value = fields[key] ?? otherwise;
  if (typeof value === "number" && value > 1e-6 && value < 1e6) return value;
  throw unusable(source, `"${key}" is ${show(value)}, not a positive number`);
}

type Triple = readonly [number, number, number];

/** A list of three numbers, or one number for all channels. */
function triple(fields: Fields, key: string, source: string): Triple {
  const stated = fields[key];
  const value = typeof stated === "number" ? [stated, stated, stated] : stated;
  const isUsable = (item: unknown): boolean => typeof item === "number" && Math.abs(item) < 1e6;
  if (Array.isArray(value) && value.length === 3 && value.every(isUsable)) {
    const [a, b, c] = value as [number, number, number];
    return [a, b, c];
  }
  throw unusable(source, `"${key}" is ${show(stated)}, not three numbers`);
}

function positive(std: Triple, source: string): Triple {
  if (std.every((value) => value > 1e-6)) return std;
  throw unusable(source, `a standard deviation in [${std}] is not positive`);
}

/** A side stated as a number, or as {height, width} or {shortest_edge}. */
function side(stated: unknown, source: string): number | undefined {
  if (stated === undefined || stated === null) return undefined;
  if (!isFields(stated)) return whole(stated, source);
  const { height, width, shortest_edge: shortestEdge, longest_edge: longestEdge } = stated;
  if (longestEdge !== undefined) {
    throw unusable(source, `"size" is ${show(stated)}: pictures keep their shape and become no square`);
  }
  if (height !== width) {
    throw unusable(source, `the picture is ${show(width)} x ${show(height)}, not a square`);
  }
  return whole(height ?? shortestEdge, source);
}

function whole(value: unknown, source: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= maxSide) return value;
  throw unusable(source, `the size is ${show(value)}, not a whole number of pixels up to ${maxSide}`);
}

/** The square that the network sees, and how a picture is made to fill it. */
function frame(fields: Fields, source: string): Pick<PreprocessHints, "size" | "fit"> {
  const { do_center_crop: doCrop, crop_size: cropSize, crop_pct: cropPart, size: stated } = fields;
  const crops = doCrop === undefined ? cropSize !== undefined : doCrop === true;
  const size = side(crops ? (cropSize ?? stated) : stated, source);
  // ConvNeXt crops without saying so, but only pictures below 384 px (transformers, image_processing_convnext.py).
  const hidden = doCrop === undefined && typeof cropPart === "number" && cropPart < 1 && (size ?? 384) < 384;
  return { fit: crops || hidden ? "cover" : "squash", ...(size !== undefined && { size }) };
}

const saying = ["do_normalize", "do_rescale", "image_mean", "rescale_factor", "do_flip_channel_order"];

/**
 * Reads the text of a `preprocessor_config.json` as Hugging Face's image processors write it.
 * Throws PreprocessError when it contradicts itself, leaves the normalisation open, or states no square picture.
 */
export function parsePreprocessorConfig(text: string, source = "preprocessor_config.json"): PreprocessHints {
  const fields = parse(text, source);
  if (!saying.some((key) => fields[key] !== undefined)) {
    throw unusable(source, "it says nothing of how pixels are normalised");
  }
  const shifts = fields.rescale_offset === true;
  const scale =
    fields.do_rescale === false ? 1 : scaleOf(fields, "rescale_factor", shifts ? 1 / 127.5 : 1 / 255, source);
  // MobileViT's file has neither: its pictures are scaled and no more.
  const normalises = fields.do_normalize ?? fields.image_mean !== undefined;
  const mean = normalises ? triple(fields, "image_mean", source) : ([0, 0, 0] as const);
  const [a, b, c] = mean;
  return {
    scale,
    // EfficientNet's offset is one subtracted after scaling: (x * scale - 1 - mean) / std.
    mean: shifts ? [a + 1, b + 1, c + 1] : mean,
    std: normalises ? positive(triple(fields, "image_std", source), source) : [1, 1, 1],
    channels: fields.do_flip_channel_order === true ? "bgr" : "rgb",
    ...frame(fields, source),
    source,
  };
}

/** Ranges that ONNX's own metadata vocabulary names (onnx, docs/MetadataProps.md, "Image.NominalPixelRange"). */
const nominalRanges: ReadonlyMap<string, Pick<Normalisation, "scale" | "mean">> = new Map([
  ["NominalRange_0_255", { scale: 1, mean: [0, 0, 0] }],
  ["Normalized_0_1", { scale: 1 / 255, mean: [0, 0, 0] }],
  ["Normalized_1_1", { scale: 1 / 127.5, mean: [1, 1, 1] }],
]);

/** Reads what an ONNX file's metadata says: Tsugiki's own key, or ONNX's image vocabulary; undefined when silent. */
export function preprocessFromMetadata(metadata: ReadonlyMap<string, string>): PreprocessHints | undefined {
  const own = metadata.get(preprocessKey);
  if (own !== undefined) return parseOwn(own);
  const range = metadata.get("Image.NominalPixelRange");
  if (range === undefined) return undefined;
  const source = "the model's metadata (Image.NominalPixelRange)";
  const known = nominalRanges.get(range);
  const format = metadata.get("Image.BitmapPixelFormat") ?? "Rgb8";
  if (known === undefined || !["Rgb8", "Bgr8", "Rgba8", "Bgra8"].includes(format)) {
    throw unusable(source, `${format} pixels in the range ${range} are not supported`);
  }
  return { ...known, std: [1, 1, 1], channels: format.startsWith("Bgr") ? "bgr" : "rgb", source };
}

function parseOwn(text: string): PreprocessHints {
  const source = `the model's metadata (${preprocessKey})`;
  const fields = parse(text, source);
  const size = side(fields.size, source);
  const fit = fits.find((name) => name === fields.fit);
  if (fields.fit !== undefined && fit === undefined) throw unusable(source, `"fit" is ${show(fields.fit)}`);
  const { channels = "rgb" } = fields;
  if (channels !== "rgb" && channels !== "bgr") throw unusable(source, `"channels" is ${show(channels)}`);
  return {
    scale: scaleOf(fields, "scale", undefined, source),
    mean: triple(fields, "mean", source),
    std: positive(triple(fields, "std", source), source),
    channels,
    ...(size !== undefined && { size }),
    ...(fit !== undefined && { fit }),
    source,
  };
}

/** The error for a model that nowhere says how its input is normalised: a guess would cost accuracy silently. */
export function unknownPreprocess(model: string): PreprocessError {
  return new PreprocessError(
    {
      what: `${model} does not say how its pictures are normalised.`,
      why: "Neither its metadata nor a preprocessor_config.json beside it does, and a wrong guess costs accuracy without a word.",
      next: `Pass --preprocess imagenet (torchvision, timm, the ONNX model zoo), inception (Google's -1 to 1), caffe (BGR less the mean: older VGG and ResNet), clip or unit (0 to 1).`,
    },
    { choices: normalisationNames },
  );
}
