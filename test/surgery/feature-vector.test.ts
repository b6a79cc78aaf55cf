import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { Model } from "../../src/onnx/graph.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { loadModel } from "../../src/onnx/load-node.ts";
import { featureCandidates, namedCandidate } from "../../src/surgery/feature-vector.ts";
import {
  gemmClassifier,
  headlessWide,
  kerasMobileNet,
  matmulClassifier,
  mobileNetV3,
  Net,
  squeezeNet,
  transformer,
  vgg,
} from "./networks.ts";

function headless(end: (net: Net) => string): Model {
  const net = new Net();
  return net.ending(end(net));
}

/** The model of `build`, which names its outputs itself. */
function custom(build: (net: Net) => readonly string[]): Model {
  const net = new Net();
  return net.ending(...build(net));
}

const pooled = (net: Net): string => net.flatten(net.pool(net.stem()), "flat");

const cases: readonly (readonly [string, Model, string])[] = [
  ["a headless vector", headless(pooled), "flat vector 8"],
  ["a headless pooled map", headless((net) => net.pool(net.stem())), "pool map 8"],
  ["a headless map", headless((net) => net.stem()), "map map 8"],
  [
    "a headless map with its channels last",
    headless((net) => net.named("Transpose", net.stem(), "last", { perm: [0, 2, 3, 1] })),
    "last channels-last map 8",
  ],
  [
    "headless tokens",
    transformer({ ending: "tokens", classToken: "expanded" }),
    "last_hidden_state tokens 8",
  ],
  ["a headless network that ends in a widening 1x1 convolution", headlessWide(), "out vector 32"],
  ["a headless MobileNet v3", mobileNetV3(true), "flat vector 20"],
  ["Gemm", gemmClassifier(), "flat vector 8"],
  ["MatMul, Add and Softmax", matmulClassifier(), "mean vector 8"],
  [
    "MatMul with no bias",
    custom((net) => [net.b.op("MatMul", [pooled(net), net.weight(8, 5)])]),
    "flat vector 8",
  ],
  [
    "a bias on the left",
    custom((net) => [net.b.op("Add", [net.weight(5), net.b.op("MatMul", [pooled(net), net.weight(8, 5)])])]),
    "flat vector 8",
  ],
  ["SqueezeNet with ImageNet's classes", squeezeNet(1000), "Conv_2 map 16"],
  ["SqueezeNet with five classes", squeezeNet(5), "Conv_2 map 16"],
  ["Keras' MobileNet", kerasMobileNet(true), "pool map 8"],
  ["Keras' MobileNet without its softmax", kerasMobileNet(false), "pool map 8"],
  ["VGG", vgg(), "fc2 vector 10"],
  ["MobileNet v3", mobileNetV3(), "flat vector 20"],
  ["ViT", transformer({ ending: "classifier", classToken: "expanded" }), "cls vector 8"],
  ["CLIP", transformer({ ending: "clip", classToken: "expanded" }), "image_embeds vector 6"],
  [
    "several outputs, the features last",
    custom((net) => [net.gemm(pooled(net), 8, 5, "logits"), net.flatten(net.pool("map"), "features")]),
    "features vector 8",
  ],
  [
    "a class index beside the probabilities",
    custom((net) => {
      const soft = net.named("Softmax", net.gemm(pooled(net), 8, 5), "probabilities");
      return [net.named("ArgMax", soft, "label", { axis: 1, keepdims: 0 }), soft];
    }),
    "flat vector 8",
  ],
  [
    "a class index alone",
    custom((net) => [net.named("ArgMax", net.gemm(pooled(net), 8, 5), "label", { axis: 1 })]),
    "flat vector 8",
  ],
  [
    "an output with a feature's name that is a classifier's",
    custom((net) => [net.named("Softmax", net.gemm(pooled(net), 8, 5), "pool_scores")]),
    "flat vector 8",
  ],
];

test.each(cases)("the feature vector of %s", (_, model, expected) => {
  const [first] = featureCandidates(inferShapes(model));
  expect(first && `${first.name} ${first.kind} ${first.width}`).toBe(expected);
});

test("earlier places to cut follow", () => {
  const names = featureCandidates(inferShapes(vgg())).map(({ name, width }) => `${name} ${width}`);
  expect(names).toEqual(["fc2 10", "Relu_1 12", "flat 512", "map 8"]);
});

const models = "../shared/assets/models";

test.skipIf(!existsSync(models))("published classifiers without the output that helps", async () => {
  const first = async (file: string, ...outputs: string[]): Promise<string | undefined> => {
    const model = await loadModel(`${models}/${file}`);
    const kept = model.graph.outputs.filter(({ name }) => outputs.includes(name));
    const graph = { ...model.graph, outputs: kept };
    const [best] = featureCandidates(inferShapes({ ...model, graph }));
    return best && `${best.kind} ${best.width}`;
  };
  expect(await first("squeezenet1.1.onnx", "logits")).toBe("map 512");
  expect(await first("mobilenet_v1_1.0_224.onnx", "logits")).toMatch(/^(vector|map) 1024$/);
  expect(await first("mobilenet_v1_1.0_224.onnx", "logits", "features")).toBe("vector 1024");
  expect(await first("mobilenet_v2_1.0_224_features.onnx", "features")).toBe("vector 1280");
});

test("a name to cut at is taken as it is", () => {
  const named = namedCandidate(inferShapes(vgg()), "map", "vgg.onnx");
  expect(named).toEqual({ name: "map", kind: "map", width: 8 });
});

test("a wrong name is answered with the candidates and the closest names", () => {
  const model = inferShapes(vgg());
  expect(() => namedCandidate(model, "fcc2", "vgg.onnx")).toThrowErrorMatchingInlineSnapshot(
    `[BackboneError: No tensor named 'fcc2' in vgg.onnx. Closest: 'fc2'. Places to cut: 'fc2', 'Relu_1', 'flat', 'map'. Pass one as --cut, or leave --cut out.]`,
  );
  expect(() => namedCandidate(model, "nothing like it", "vgg.onnx")).toThrowErrorMatchingInlineSnapshot(
    `[BackboneError: No tensor named 'nothing like it' in vgg.onnx. Places to cut: 'fc2', 'Relu_1', 'flat', 'map'. Pass one as --cut, or leave --cut out.]`,
  );
});

test("neither weights, nor the picture itself, nor numbers of another kind are places to cut", () => {
  const model = inferShapes(transformer({ ending: "classifier", classToken: "expanded" }));
  for (const name of ["input", "weight_0", "Shape_0"]) {
    expect(() => namedCandidate(model, name, "vit.onnx"), name).toThrow("Places to cut: 'cls'");
  }
  expect(() => namedCandidate(model, "Shape_0", "vit.onnx")).toThrowErrorMatchingInlineSnapshot(
    `[BackboneError: 'Shape_0' in vit.onnx is no place to cut: it is not known to be a vector, a map or a row of tokens that depends on the picture. Places to cut: 'cls'. Pass one as --cut, or leave --cut out.]`,
  );
});
