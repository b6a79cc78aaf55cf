import { expect, test } from "vitest";
import { catalogue, rowNamed } from "../../src/hub/catalogue/index.ts";
import { otherZoos } from "../../src/hub/catalogue/others.ts";
import { parseHandle } from "../../src/hub/parse.ts";
import {
  type Counted,
  densenet,
  efficientnet,
  googlenet,
  mobilenetV2,
  mobilenetV4Medium,
  mobilenetV4Small,
  resnet,
  resnetV2,
  shufflenetV2,
  squeezenet,
  vgg,
} from "./architectures.ts";
import { clip, convnext, dinov2, swin, vit } from "./transformers.ts";

const vgg11 = [1, 1, 2, 2, 2];
const vgg16 = [2, 2, 3, 3, 3];
const vgg19 = [2, 2, 4, 4, 4];

/** What the papers' tables come to, weight by weight. */
const counted: Readonly<Record<string, Counted>> = {
  "vgg11.tv_in1k": vgg(vgg11, false),
  "vgg16.tv_in1k": vgg(vgg16, false),
  "vgg16_bn.tv_in1k": vgg(vgg16, true),
  "vgg19.tv_in1k": vgg(vgg19, false),
  "vgg19_bn.tv_in1k": vgg(vgg19, true),
  "vgg16-12": vgg(vgg16, false),
  "vgg16-bn-7": vgg(vgg16, true),
  "vgg19-7": vgg(vgg19, false),
  "vgg19-bn-7": vgg(vgg19, true),
  "resnet18.a1_in1k": resnet(18),
  "resnet34.a1_in1k": resnet(34),
  "resnet50.a1_in1k": resnet(50),
  "resnet50.tv_in1k": resnet(50),
  "resnet50.fb_swsl_ig1b_ft_in1k": resnet(50),
  "resnet101.a1h_in1k": resnet(101),
  "resnet152.a1h_in1k": resnet(152),
  "resnet18-v1-7": resnet(18),
  "resnet34-v1-7": resnet(34),
  "resnet50-v1-12": resnet(50, true),
  "resnet101-v1-7": resnet(101, true),
  "resnet152-v1-7": resnet(152, true),
  "resnet18-v2-7": resnetV2(18),
  "resnet34-v2-7": resnetV2(34),
  "resnet50-v2-7": resnetV2(50),
  "resnet101-v2-7": resnetV2(101),
  "resnet152-v2-7": resnetV2(152),
  // timm leaves out the BatchNorm of the stem, since that of the first block follows.
  "resnetv2_50.a1h_in1k": { parameters: resnetV2(50).parameters - 2 * 64, features: 2048 },
  "densenet121.ra_in1k": densenet(32, [6, 12, 24, 16]),
  "densenet161.tv_in1k": densenet(48, [6, 12, 36, 24]),
  "densenet169.tv_in1k": densenet(32, [6, 12, 32, 32]),
  "densenet201.tv_in1k": densenet(32, [6, 12, 48, 32]),
  "googlenet-12": googlenet(),
  "squeezenet1.1-7": squeezenet(),
  "shufflenet-v2-12": shufflenetV2(),
  "mobilenetv2_050.lamb_in1k": mobilenetV2(0.5),
  "mobilenetv2_100.ra_in1k": mobilenetV2(1),
  "mobilenetv2_140.ra_in1k": mobilenetV2(1.4),
  "mobilenetv2-12": mobilenetV2(1),
  "mobilenetv2-7": mobilenetV2(1, true),
  "mobilenetv4_conv_small.e2400_r224_in1k": mobilenetV4Small(),
  "mobilenetv4_conv_medium.e500_r256_in1k": mobilenetV4Medium(),
  "efficientnet_b0.ra_in1k": efficientnet(1, 1),
  "efficientnet_b1.ft_in1k": efficientnet(1, 1.1),
  "efficientnet_b2.ra_in1k": efficientnet(1.1, 1.2),
  "efficientnet_b3.ra2_in1k": efficientnet(1.2, 1.4),
  "efficientnet_b4.ra2_in1k": efficientnet(1.4, 1.8),
  "tf_efficientnet_b0.ns_jft_in1k": efficientnet(1, 1),
  "tf_efficientnet_lite0.in1k": efficientnet(1, 1, true),
  "tf_efficientnet_lite1.in1k": efficientnet(1, 1.1, true),
  "tf_efficientnet_lite2.in1k": efficientnet(1.1, 1.2, true),
  "tf_efficientnet_lite3.in1k": efficientnet(1.2, 1.4, true),
  "tf_efficientnet_lite4.in1k": efficientnet(1.4, 1.8, true),
  "convnext_nano.in12k_ft_in1k": convnext([80, 160, 320, 640], [2, 2, 8, 2]),
  "convnext_tiny.in12k_ft_in1k": convnext([96, 192, 384, 768], [3, 3, 9, 3]),
  "convnext_small.in12k_ft_in1k": convnext([96, 192, 384, 768], [3, 3, 27, 3]),
  "convnext_base.fb_in22k_ft_in1k": convnext([128, 256, 512, 1024], [3, 3, 27, 3]),
  "vit_tiny_patch16_224.augreg_in21k_ft_in1k": vit({ width: 192, patch: 16 }),
  "vit_small_patch16_224.augreg_in21k_ft_in1k": vit({ width: 384, patch: 16 }),
  "vit_base_patch16_224.augreg2_in21k_ft_in1k": vit({ width: 768, patch: 16 }),
  "vit_base_patch32_224.augreg_in21k_ft_in1k": vit({ width: 768, patch: 32 }),
  "deit_tiny_patch16_224.fb_in1k": vit({ width: 192, patch: 16 }),
  "deit_small_patch16_224.fb_in1k": vit({ width: 384, patch: 16 }),
  "deit_base_patch16_224.fb_in1k": vit({ width: 768, patch: 16 }),
  "vit_small_patch16_224.dino": vit({ width: 384, patch: 16, classes: 0 }),
  "vit_base_patch16_224.dino": vit({ width: 768, patch: 16, classes: 0 }),
  "dinov2-small": dinov2(384),
  "dinov2-base": dinov2(768),
  "clip-vit-base-patch32": clip(),
  "swin_tiny_patch4_window7_224.ms_in1k": swin(96, [2, 2, 6, 2]),
  "swin_small_patch4_window7_224.ms_in22k_ft_in1k": swin(96, [2, 2, 18, 2]),
  "swin_base_patch4_window7_224.ms_in22k_ft_in1k": swin(128, [2, 2, 18, 2]),
};

test.each(Object.entries(counted))("%s has the weights that its paper's table comes to", (name, expected) => {
  const { parameters, features } = rowNamed(name)!;
  expect({ parameters, features }).toEqual(expected);
});

test("the counting itself meets figures that their makers published", () => {
  // Table 2 of the VGG paper: 133, 138 and 144 million; DenseNet and MobileNet v2 as torchvision documents them.
  expect([vgg11, vgg16, vgg19].map((stages) => Math.round(vgg(stages, false).parameters / 1e6))).toEqual([
    133, 138, 144,
  ]);
  expect(vgg(vgg16, false).parameters).toBe(138_357_544);
  expect(densenet(32, [6, 12, 24, 16]).parameters).toBe(7_978_856);
  expect(mobilenetV2(1).parameters).toBe(3_504_872);
});

test("no two rows share a name, a file or a TensorFlow Hub name", () => {
  const unique = (values: readonly string[]) => expect([...new Set(values)]).toEqual(values);
  unique(catalogue.map(({ name }) => name));
  unique(catalogue.map(({ sha256 }) => sha256));
  unique(catalogue.flatMap(({ handle, mirrors = [] }) => [handle, ...mirrors]));
  unique(catalogue.flatMap(({ tfhub = [] }) => tfhub));
  expect(catalogue.length).toBeGreaterThanOrEqual(80);
});

const https = /^https:\/\/[a-z0-9.-]+\/\S+$/;
const pinned = /^hf:[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+@[0-9a-f]{40}:[A-Za-z0-9._/-]+\.onnx$/;
const licences = new Map([
  ["Apache-2.0", true],
  ["BSD-3-Clause", true],
  ["MIT", true],
  ["CC-BY-NC-4.0", false],
]);

test.each(catalogue.map((row) => [row.name, row] as const))("%s is a sound row", (name, row) => {
  const { title, handle, mirrors = [], sha256, bytes, size, features, parameters, accuracy, licence } = row;
  expect(parseHandle(name)).toEqual({ kind: "name", name });
  expect(title).toMatch(/^[A-Z].{3,50}$/);
  expect(handle).toMatch(pinned);
  expect(parseHandle(handle)).toMatchObject({ kind: "hf", file: handle.split(":").at(-1) });
  for (const mirror of mirrors) {
    expect(mirror).toMatch(mirror.startsWith("hf:") ? pinned : https);
    expect(parseHandle(mirror)).toMatchObject({ kind: "hf", file: expect.stringMatching(/\.onnx$/) });
  }
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(size).toBeGreaterThanOrEqual(192);
  expect(size).toBeLessThanOrEqual(380);
  expect(features).toBeGreaterThanOrEqual(192);
  expect(features).toBeLessThanOrEqual(4096);
  // float32, less what a folded BatchNorm saves, and the graph's own text.
  expect(bytes / parameters).toBeGreaterThan(3.97);
  expect(bytes / parameters).toBeLessThan(4.12);
  expect(licences.get(licence.id)).toBe(licence.commercial);
  expect(row.read.length).toBeGreaterThanOrEqual(2);
  for (const address of [...row.read, licence.source, accuracy?.source ?? licence.source])
    expect(address).toMatch(https);
  for (const network of row.tfhub ?? []) expect(network).toMatch(/^[a-z0-9_]+$/);
  if (row.task === "image-classification") expect(accuracy).toBeDefined();
  if (accuracy !== undefined) {
    expect(accuracy.top1).toBeGreaterThan(0.5);
    expect(accuracy.top1).toBeLessThan(accuracy.top5 ?? 0.9);
    expect(accuracy.top5 ?? 0.9).toBeLessThan(0.99);
    expect(accuracy.on).toMatch(/^ImageNet-1k validation, /);
  }
});

test("an architecture's bare name is its first training, a whole name is itself", () => {
  expect(rowNamed("resnet50")?.name).toBe("resnet50.a1_in1k");
  expect(rowNamed("resnet50.tv_in1k")?.name).toBe("resnet50.tv_in1k");
  expect(rowNamed("squeezenet1.1-7")?.name).toBe("squeezenet1.1-7");
  expect(rowNamed("squeezenet1")).toBeUndefined();
  expect(rowNamed("")).toBeUndefined();
});

test("the other zoos say where their way to ONNX is documented", () => {
  const names = otherZoos.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, form, howTo, source } of otherZoos) {
    expect(form.length, name).toBeGreaterThan(3);
    expect(howTo, name).toMatch(/onnx|omz_downloader/);
    expect(source, name).toMatch(https);
  }
});
