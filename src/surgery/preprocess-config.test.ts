import { expect, test } from "vitest";
import { normalisations } from "./preprocess.ts";
import {
  type PreprocessHints,
  parsePreprocessorConfig,
  preprocessFromMetadata,
  preprocessKey,
  unknownPreprocess,
} from "./preprocess-config.ts";

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
const { mean, std } = normalisations.imagenet;
const imagenet = { mean, std };
const openai = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};
const imageImagenet = { image_mean: imagenet.mean, image_std: imagenet.std };
const imageHalf = { image_mean: half.mean, image_std: half.std };
const byte = 1 / 255;

/** The fields that matter of files on the Hugging Face Hub, with what they mean. */
const published: readonly (readonly [string, object, Partial<PreprocessHints>])[] = [
  [
    "google/vit-base-patch16-224",
    { do_normalize: true, do_resize: true, ...imageHalf, size: 224 },
    { scale: byte, ...half, size: 224, fit: "squash", channels: "rgb" },
  ],
  [
    "ViT as transformers 4.30 writes it",
    {
      do_rescale: true,
      rescale_factor: 0.00392156862745098,
      ...imageHalf,
      size: { height: 224, width: 224 },
    },
    { scale: 0.00392156862745098, ...half, size: 224, fit: "squash" },
  ],
  [
    "openai/clip-vit-base-patch32",
    { crop_size: 224, do_center_crop: true, do_normalize: true, do_resize: true, ...openai, size: 224 },
    { mean: [0.48145466, 0.4578275, 0.40821073], size: 224, fit: "cover" },
  ],
  [
    "CLIP as it is written today",
    {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_normalize: true,
      ...openai,
      size: { shortest_edge: 224 },
    },
    { size: 224, fit: "cover" },
  ],
  [
    "facebook/convnext-tiny-224",
    { crop_pct: 0.875, do_normalize: true, do_resize: true, ...imageImagenet, size: 224 },
    { ...imagenet, size: 224, fit: "cover" },
  ],
  [
    "facebook/convnext-base-384",
    { crop_pct: 0.875, do_normalize: true, do_resize: true, ...imageImagenet, size: { shortest_edge: 384 } },
    { size: 384, fit: "squash" },
  ],
  [
    "google/mobilenet_v2_1.0_224",
    {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_normalize: true,
      ...imageHalf,
      size: { shortest_edge: 256 },
    },
    { ...half, size: 224, fit: "cover" },
  ],
  [
    "facebook/dinov2-base",
    {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_convert_rgb: true,
      do_normalize: true,
      ...imageImagenet,
      size: { shortest_edge: 256 },
    },
    { ...imagenet, size: 224, fit: "cover" },
  ],
  [
    "microsoft/beit-base, which states a crop that it does not make",
    { crop_size: 192, do_center_crop: false, do_normalize: true, ...imageHalf, size: 224 },
    { size: 224, fit: "squash" },
  ],
  [
    "apple/mobilevit-small, which only scales and turns to BGR",
    { crop_size: { height: 256, width: 256 }, do_center_crop: true, do_flip_channel_order: true, size: 288 },
    { scale: byte, mean: [0, 0, 0], std: [1, 1, 1], channels: "bgr", size: 256, fit: "cover" },
  ],
  [
    "google/efficientnet, whose offset is off",
    { do_normalize: true, rescale_offset: false, ...imageImagenet, size: { height: 224, width: 224 } },
    { scale: byte, ...imagenet },
  ],
  [
    "an offset that is on: 0 to 255 becomes -1 to 1",
    { do_normalize: false, rescale_offset: true, rescale_factor: 1 / 127.5 },
    { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
  ],
  [
    "bytes less the mean",
    { do_rescale: false, do_normalize: true, image_mean: [123.68, 116.779, 103.939], image_std: [1, 1, 1] },
    { scale: 1, mean: [123.68, 116.779, 103.939] },
  ],
  ["one number for all channels", { image_mean: 0.5, image_std: 0.5, size: 64 }, half],
];

test.each(published)("%s", (_, file, expected) => {
  expect(parsePreprocessorConfig(JSON.stringify(file), "here")).toMatchObject({
    ...expected,
    source: "here",
  });
});

const hostile: readonly (readonly [string, string])[] = [
  ["", "it is not JSON"],
  ["[1, 2]", "it is not a JSON object"],
  ["null", "it is not a JSON object"],
  ["{}", "it says nothing of how pixels are normalised"],
  ['{"do_normalize": true}', '"image_mean" is missing'],
  ['{"image_mean": [0.5, 0.5, 0.5]}', '"image_std" is missing'],
  ['{"image_mean": [0.5, 0.5], "image_std": 1}', '"image_mean" is [0.5,0.5], not three numbers'],
  ['{"image_mean": ["a", 0, 0], "image_std": 1}', "not three numbers"],
  ['{"image_mean": [null, 0, 0], "image_std": 1}', "not three numbers"],
  ['{"image_mean": 0, "image_std": [1, 0, 1]}', "a standard deviation in [1,0,1] is not positive"],
  ['{"image_mean": 0, "image_std": -1}', "is not positive"],
  ['{"image_mean": 0, "image_std": 1e-300}', "is not positive"],
  ['{"image_mean": 1e300, "image_std": 1}', "not three numbers"],
  ['{"rescale_factor": 0}', '"rescale_factor" is 0'],
  ['{"rescale_factor": "x"}', '"rescale_factor" is "x"'],
  ['{"rescale_factor": 1e-300}', "not a positive number"],
  ['{"do_rescale": true, "size": 0}', "the size is 0"],
  ['{"do_rescale": true, "size": 1e9}', "the size is 1000000000, not a whole number of pixels up to 4096"],
  ['{"do_rescale": true, "size": 22.5}', "the size is 22.5"],
  ['{"do_rescale": true, "size": [224, 224]}', "the size is [224,224]"],
  ['{"do_rescale": true, "size": {"height": 224, "width": 112}}', "the picture is 112 x 224, not a square"],
  ['{"do_rescale": true, "size": {}}', "the size is missing"],
  // DETR: pictures of any shape.
  [
    `{"do_normalize": true, "image_mean": 0, "image_std": 1, "size": {"shortest_edge": 800, "longest_edge": 1333}}`,
    "pictures keep their shape and become no square",
  ],
  [`{"image_mean": ${JSON.stringify("x".repeat(1e5))}, "image_std": 1}`, "xxx..., not three numbers"],
];

test.each(hostile)("%j is refused", (text, why) => {
  expect(() => parsePreprocessorConfig(text)).toThrow(why);
});

test("the refusal says what, why and what next", () => {
  expect(() =>
    parsePreprocessorConfig("{}", "models/preprocessor_config.json"),
  ).toThrowErrorMatchingInlineSnapshot(
    `[PreprocessError: The preprocessing stated in models/preprocessor_config.json cannot be followed: it says nothing of how pixels are normalised. Correct it, or override it with --preprocess imagenet|inception|caffe|clip|unit.]`,
  );
  expect(unknownPreprocess("net.onnx").message).toMatchInlineSnapshot(
    `"net.onnx does not say how its pictures are normalised. Neither its metadata nor a preprocessor_config.json beside it does, and a wrong guess costs accuracy without a word. Pass --preprocess imagenet (torchvision, timm, the ONNX model zoo), inception (Google's -1 to 1), caffe (BGR less the mean: older VGG and ResNet), clip or unit (0 to 1)."`,
  );
});

const own = (fields: object): ReadonlyMap<string, string> =>
  new Map([[preprocessKey, JSON.stringify(fields)]]);

test("Tsugiki's own metadata is read back as it was written", () => {
  for (const normalisation of Object.values(normalisations)) {
    const written = { ...normalisation, size: 128, fit: "contain" };
    expect(preprocessFromMetadata(own(written))).toEqual({ ...written, source: expect.any(String) });
  }
});

test("own metadata with a gap or a word that is not known is refused", () => {
  const whole = { ...normalisations.unit, size: 128, fit: "cover" };
  for (const [key, value] of Object.entries({
    scale: undefined,
    mean: undefined,
    std: [0, 0, 0],
    channels: "grey",
    fit: "crop",
    size: -1,
  })) {
    expect(() => preprocessFromMetadata(own({ ...whole, [key]: value })), key).toThrow("cannot be followed");
  }
});

test("ONNX's own image vocabulary", () => {
  const said = (range: string, format?: string) =>
    preprocessFromMetadata(
      new Map([
        ["Image.NominalPixelRange", range],
        ...(format === undefined ? [] : ([["Image.BitmapPixelFormat", format]] as const)),
      ]),
    );
  expect(preprocessFromMetadata(new Map([["author", "x"]]))).toBeUndefined();
  expect(said("NominalRange_0_255", "Bgr8")).toMatchObject({ scale: 1, mean: [0, 0, 0], channels: "bgr" });
  expect(said("Normalized_0_1")).toMatchObject({ scale: byte, mean: [0, 0, 0], channels: "rgb" });
  // 0 -> -1, 255 -> 1.
  expect(said("Normalized_1_1", "Rgb8")).toMatchObject({ scale: 2 / 255, mean: [1, 1, 1], std: [1, 1, 1] });
  expect(() => said("NominalRange_16_235")).toThrow("not supported");
  expect(() => said("Normalized_0_1", "Gray8")).toThrow("not supported");
  expect(() => said("toString")).toThrow("not supported");
});
