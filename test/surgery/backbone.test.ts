import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { float32, floats, type Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model, Shape } from "../../src/onnx/graph.ts";
import { loadModel } from "../../src/onnx/load-node.ts";
import { storeAsFloat16 } from "../../src/surgery/float16.ts";
import type { Backbone } from "../../src/train/backbone.ts";
import {
  gemmClassifier,
  headlessWide,
  kerasMobileNet,
  matmulClassifier,
  mobileNetV3,
  Net,
  picture,
  squeezeNet,
  transformer,
  vgg,
} from "./networks.ts";
import { featuresOf, prepare } from "./prepare.ts";
import { difference, exposing, meanOf, run } from "./run.ts";

type Pooling = "none" | Parameters<typeof meanOf>[1];

/** What the original network has at the place where it was cut, pooled in plain numbers. */
async function reference(model: Model, { input, cut }: Backbone, pooling: Pooling, pictures: Tensor) {
  const { [cut]: value } = await run(exposing(model, cut), { [input]: pictures });
  return pooling === "none" ? value! : meanOf(value!, pooling);
}

const networks: readonly (readonly [string, Model, Pooling])[] = [
  ["Gemm", gemmClassifier(), "none"],
  ["MatMul and Add", matmulClassifier(), "none"],
  ["SqueezeNet", squeezeNet(1000), "map"],
  ["Keras' MobileNet", kerasMobileNet(true), "map"],
  ["MobileNet v3", mobileNetV3(), "none"],
  ["headless MobileNet v3", mobileNetV3(true), "none"],
  ["VGG", vgg(), "none"],
  ["a headless widening net", headlessWide(), "none"],
  ["ViT", transformer({ ending: "classifier", classToken: "expanded" }), "none"],
  ["CLIP", transformer({ ending: "clip", classToken: "expanded" }), "none"],
  ["tokens with no class token", transformer({ ending: "tokens", classToken: "none" }), "tokens"],
];

test.each(networks)("%s: the features are the original network's", async (_, model, pooling) => {
  const backbone = await prepare(model);
  const pictures = picture(32, 3);
  const features = await featuresOf(backbone, pictures);
  expect(features.shape).toEqual([3, backbone.width]);
  expect(difference(features, await reference(model, backbone, pooling, pictures))).toBeLessThan(1e-5);
});

test("of tokens the class token is taken where there is one", async () => {
  const model = transformer({ ending: "tokens", classToken: "expanded" });
  const features = await featuresOf(await prepare(model), picture(32));
  const { last_hidden_state: tokens } = await run(model, { input: picture(32) });
  expect(Array.from(floats(features))).toEqual(Array.from(floats(tokens!)).slice(0, 8));
});

test("a map with its channels last is averaged over its positions", async () => {
  const net = new Net();
  const model = net.ending(net.named("Transpose", net.stem(), "last", { perm: [0, 2, 3, 1] }));
  const backbone = await prepare(model);
  const expected = await reference(model, backbone, "channels-last map", picture(32, 2));
  expect(difference(await featuresOf(backbone, picture(32, 2)), expected)).toBeLessThan(1e-5);
});

test("dense layers on a flattened map hold a network to its size: at others it is cut before them", async () => {
  expect((await prepare(vgg([1, 3, 32, 32]))).cut).toBe("fc2");
  const backbone = await prepare(vgg([1, 3, 32, 32]), { size: 48 });
  expect([backbone.cut, backbone.width]).toEqual(["map", 8]);
  const convolutions = new Net(["N", 3, 48, 48]);
  const bare = convolutions.ending(convolutions.stem());
  const expected = await reference(bare, backbone, "map", picture(48, 2));
  expect(difference(await featuresOf(backbone, picture(48, 2)), expected)).toBeLessThan(1e-5);
});

test("a cut that works at one size only says which", async () => {
  const model = vgg([1, 3, 32, 32]);
  await expect(prepare(model, { size: 48, cut: "flat" })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BackboneError: net.onnx does not run on pictures of 48 x 48. Tried 'flat': it has 1152 numbers here, 512 at the size it was made for. It was made for 32: pass --size 32.]`,
  );
  await expect(prepare(model, { size: 48, cut: "fc2" })).rejects.toThrow(
    "It was made for 32: pass --size 32.",
  );
  const vit = transformer({ ending: "classifier", classToken: "expanded" });
  await expect(prepare(vit, { size: 64 })).rejects.toThrow(
    /does not run on pictures of 64 x 64.*made for 32/s,
  );
});

test("a network whose batch cannot be freed is taken one picture at a time", async () => {
  const model = transformer({ ending: "classifier", classToken: "fixed" });
  const backbone = await prepare(model);
  expect(backbone.model.graph.outputs[0]?.type).toMatchObject({ shape: [1, 8] });
  const features = await featuresOf(backbone, picture(32));
  expect(difference(features, await reference(model, backbone, "none", picture(32)))).toBeLessThan(1e-5);
});

test("weights among the inputs, as files before IR 4 have them, are weights", async () => {
  const model = gemmClassifier([1, 3, 32, 32]);
  const { graph } = model;
  const weights = [...graph.initializers].map(
    ([name, { dtype, shape }]) => ({ name, type: { kind: "tensor", dtype, shape } }) as const,
  );
  const old = { ...model, irVersion: 3, graph: { ...graph, inputs: [...weights, ...graph.inputs] } };
  const backbone = await prepare(old, { size: 64 });
  expect(backbone.model.graph.inputs.map(({ name }) => name)).toEqual(["input"]);
  const expected = await featuresOf(await prepare(gemmClassifier(), { size: 64 }), picture(64));
  expect(difference(await featuresOf(backbone, picture(64)), expected)).toBe(0);
});

test("weights stored in float16 and cast at their entry are folded", async () => {
  for (const model of [squeezeNet(1000), kerasMobileNet(true), matmulClassifier()]) {
    const [half, single] = [await prepare(storeAsFloat16(model)), await prepare(model)];
    expect([half.cut, half.width]).toEqual([single.cut, single.width]);
    expect(half.model.graph.nodes.some(({ opType }) => opType === "Cast")).toBe(false);
    const apart = difference(await featuresOf(half, picture(32)), await featuresOf(single, picture(32)));
    expect(apart).toBeLessThan(2e-3);
  }
});

test("features in half precision are cast to single", async () => {
  const net = new Net();
  const half = net.named("Cast", net.flatten(net.pool(net.stem())), "half", { to: 10 });
  const backbone = await prepare(net.ending(half));
  expect(backbone.cut).toBe("half");
  expect((await featuresOf(backbone, picture(32))).dtype).toBe("float32");
});

test("a network that takes its channels last keeps to it", async () => {
  for (const input of [
    [1, 32, 32, 3],
    ["N", "H", "W", "C"],
  ]) {
    const b = new GraphBuilder({ opset: 13 });
    b.input("image", "float32", input);
    const planes = b.op("Transpose", ["image"], { perm: [0, 3, 1, 2] });
    const weight = Float32Array.from({ length: 12 }, (_, i) => i - 5);
    const map = b.op("Conv", [planes, b.constant(float32(weight, [4, 3, 1, 1]))]);
    b.output(b.op("Flatten", [b.op("GlobalAveragePool", [map])]));
    const backbone = await prepare(b.model(), { size: 8 });
    expect([backbone.preprocess.layout, backbone.input]).toEqual(["nhwc", "image"]);
    const white = float32(new Float32Array(2 * 8 * 8 * 3).fill(1), [2, 8, 8, 3]);
    // Rows of three consecutive numbers from -5 on, summed.
    expect([...floats(await featuresOf(backbone, white))]).toEqual([-12, -3, 6, 15, -12, -3, 6, 15]);
  }
});

test("axes that only have names are taken as they stand in the field: batch, channels, height, width", async () => {
  const backbone = await prepare(gemmClassifier(["batch_size", "num_channels", "height", "width"]), {
    size: 48,
  });
  expect([backbone.preprocess.layout, backbone.width, backbone.preprocess.size]).toEqual(["nchw", 8, 48]);
});

test("a value called features that is not the feature vector gives way", async () => {
  const net = new Net();
  const map = net.named("Identity", net.stem(), "features");
  const model = net.ending(net.flatten(net.pool(map), "flat"));
  const backbone = await prepare(model);
  expect([backbone.cut, backbone.output]).toEqual(["flat", "features"]);
  const expected = await reference(model, backbone, "none", picture(32));
  expect(difference(await featuresOf(backbone, picture(32)), expected)).toBeLessThan(1e-5);
});

test("what is no network for pictures is refused in words", async () => {
  const of = (...inputs: readonly Shape[]): Model => {
    const b = new GraphBuilder({ opset: 13 });
    for (const [i, shape] of inputs.entries()) b.input(`x${i}`, "float32", shape);
    b.output(b.op("Flatten", ["x0"]));
    return b.model();
  };
  const refused = (model: Model) => expect(prepare(model)).rejects;
  await refused(of([1, 3, 8, 8], [1])).toThrowErrorMatchingInlineSnapshot(
    `[BackboneError: This model does not take a picture: it has 2 inputs: x0, x1. A backbone takes one float32 input [N, 3, H, W] or [N, H, W, 3].]`,
  );
  await refused(of([1, 128])).toThrow("its input 'x0' is float32 [1, 128]");
  await refused(of([1, 1, 28, 28])).toThrow("no axis of its input 'x0' [1, 1, 28, 28] is 3 channels");
  await refused(of([1, 3, 64, 48])).toThrow("its pictures are 48 x 64, not square");
  await refused(of([1, 3, 1e6, 1e6])).toThrow("more than 4096 on a side");
  await expect(prepare(gemmClassifier(), { size: 1e9 })).rejects.toThrow("out of bounds");
});

test("features that are not finite are refused", async () => {
  const net = new Net();
  const model = net.ending(
    net.b.op("Log", [net.b.op("Sub", [net.flatten(net.pool("input")), net.weight(3)])]),
  );
  await expect(prepare(model)).rejects.toThrow("NaN or infinity");
});

const assets = "../shared/assets";
const published = [
  ["models/mobilenet_v1_1.0_224.onnx", 1024],
  ["models/mobilenet_v2_1.0_224_features.onnx", 1280],
  ["models/squeezenet1.1.onnx", 512],
  ["box/backbone.onnx", 512],
] as const;

test.skipIf(!existsSync(assets)).each(published)("%s at its own size and others", async (file, width) => {
  const model = await loadModel(`${assets}/${file}`);
  const input = model.graph.inputs[0]!.name;
  for (const size of [32, 64, 128, 224]) {
    const backbone = await prepare(model, { size });
    expect([backbone.cut, backbone.width], `size ${size}`).toEqual(["features", width]);
    const features = await featuresOf(backbone, picture(size, 2));
    expect(features.shape).toEqual([2, width]);
    if (size < 224) continue;
    const { features: original } = await run(exposing(model, "features"), { [input]: picture(size, 2) });
    expect(difference(features, original!)).toBeLessThan(1e-4);
  }
});

test.skipIf(!existsSync(assets))("published classifiers with nothing but their classes", async () => {
  for (const [file, width] of [published[0], published[2]]) {
    const model = await loadModel(`${assets}/${file}`);
    const only = model.graph.outputs.filter(({ name }) => name === "logits");
    const backbone = await prepare({ ...model, graph: { ...model.graph, outputs: only } }, { size: 96 });
    expect(backbone.width).toBe(width);
    const helped = await prepare(model, { size: 96 });
    expect(
      difference(await featuresOf(backbone, picture(96)), await featuresOf(helped, picture(96))),
    ).toBeLessThan(1e-4);
  }
});
