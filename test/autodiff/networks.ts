import { normaliseByBatch } from "../../src/autodiff/batch-norm.ts";
import { random } from "../../src/core/random.ts";
import { float32, int64, type Tensor } from "../../src/core/tensor.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { exposing, run } from "../surgery/run.ts";
import { Layers } from "./layers.ts";

/** A network that ends in `features` [N, width], its only output. */
export interface Network {
  readonly model: Model;
  readonly width: number;
  /** float32 initializers that training changes. */
  readonly weights: readonly string[];
  /** A batch of random inputs. */
  readonly feeds: (batch: number, seed: number) => Record<string, Tensor>;
}

const side = 32;

/** Pictures of random colours, one a square of an eighth of the side: pooled noise would make all of them alike. */
export function pictures(batch: number, seed: number, size = side): Tensor {
  const rng = random(seed);
  const squares = Array.from({ length: batch * 3 * 8 * 8 }, () => rng.normal());
  const at = (i: number): number => {
    const [x, y, plane] = [i % size, Math.floor(i / size) % size, Math.floor(i / size ** 2)];
    const square = Math.floor((8 * y) / size) * 8 + Math.floor((8 * x) / size);
    return squares[plane * 64 + square]! + 0.3 * rng.normal();
  };
  const data = Float32Array.from({ length: batch * 3 * size * size }, (_, i) => at(i));
  return float32(data, [batch, 3, size, size]);
}

function onPictures(net: Layers, features: string, width: number): Network {
  const model = net.ending(features, width);
  const feeds = (batch: number, seed: number) => ({ input: pictures(batch, seed) });
  return { model, width, weights: net.weights, feeds };
}

/** The network with running statistics as training would have left them: those of some pictures. */
async function calibrated(network: Network): Promise<Network> {
  const { model, updates } = normaliseByBatch(network.model, { momentum: 0 });
  const answer = await run(exposing(model, ...updates.values()), network.feeds(16, 1));
  const fresh = [...updates].map(([name, value]) => [name, answer[value]!] as const);
  const { graph } = network.model;
  const initializers = new Map([...graph.initializers, ...fresh]);
  return { ...network, model: { ...network.model, graph: { ...graph, initializers } } };
}

function begin(seed: number): Layers {
  const net = new Layers(seed);
  net.b.input("input", "float32", ["N", 3, side, side]);
  return net;
}

/** Residual blocks with BatchNormalization, one of them at stride 2 with a projection (He et al. 2016). */
export function resNet(): Promise<Network> {
  const net = begin(101);
  const layer = (x: string, from: number, to: number, options = {}): string =>
    net.batchNorm(net.conv(x, from, to, options), to);
  const unit = (x: string, from: number, to: number, stride: number): string => {
    const y = layer(net.relu(layer(x, from, to, { stride })), to, to);
    const skip = stride === 1 ? x : layer(x, from, to, { side: 1, stride });
    return net.relu(net.op("Add", [y, skip]));
  };
  const stem = net.relu(layer("input", 3, 16, { side: 7, stride: 2 }));
  const small = net.op("MaxPool", [stem], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const body = unit(unit(unit(small, 16, 16, 1), 16, 32, 2), 32, 32, 1);
  return calibrated(onPictures(net, net.pooled(body), 32));
}

/** The same, its BatchNormalization folded by the engine. */
export async function foldedResNet(): Promise<Network> {
  const net = await resNet();
  const model = readModel(await nodeRuntime().optimise(writeModel(net.model)));
  const weights = [...model.graph.initializers].filter(([, { dtype }]) => dtype === "float32");
  // Folding leaves nodes whose names are no longer those of values, which the builder then gives to other nodes.
  const nodes = model.graph.nodes.map((node) => ({ ...node, name: "" }));
  return {
    ...net,
    model: { ...model, graph: { ...model.graph, nodes } },
    weights: weights.map(([name]) => name),
  };
}

/** Every layer sees all before it, joined by Concat; a transition halves (Huang et al. 2017). */
export function denseNet(): Promise<Network> {
  const net = begin(102);
  const growth = 8;
  let x = net.conv("input", 3, 16, { side: 3, stride: 2 });
  let channels = 16;
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 3; j++) {
      const narrow = net.conv(net.relu(net.batchNorm(x, channels)), channels, 2 * growth, { side: 1 });
      const fresh = net.conv(net.relu(net.batchNorm(narrow, 2 * growth)), 2 * growth, growth);
      x = net.op("Concat", [x, fresh], { axis: 1 });
      channels += growth;
    }
    const thin = net.conv(net.relu(net.batchNorm(x, channels)), channels, channels / 2, { side: 1 });
    x = net.op("AveragePool", [thin], { kernel_shape: [2, 2], strides: [2, 2] });
    channels /= 2;
  }
  return calibrated(onPictures(net, net.pooled(net.relu(net.batchNorm(x, channels))), channels));
}

/** Depthwise 7x7, a norm over the channels turned last, an MLP, layer scale (Liu et al. 2022). */
export function convNeXt(): Network {
  const net = begin(103);
  const turned = (x: string, ...perm: number[]): string => net.op("Transpose", [x], { perm });
  const norm = (x: string, width: number): string =>
    turned(net.layerNorm(turned(x, 0, 2, 3, 1), width), 0, 3, 1, 2);
  const block = (x: string, width: number): string => {
    const near = turned(net.conv(x, width, width, { side: 7, groups: width }), 0, 2, 3, 1);
    const wide = net.mlp(net.layerNorm(near, width), width);
    const scaled = net.op("Mul", [net.weight("gamma", [width], 0.05, 0.2), wide]);
    return net.op("Add", [x, turned(scaled, 0, 3, 1, 2)]);
  };
  const stem = norm(net.conv("input", 3, 16, { side: 4, stride: 4, pad: 0 }), 16);
  const down = net.conv(norm(block(stem, 16), 16), 16, 24, { side: 2, stride: 2, pad: 0 });
  const mean = net.op("ReduceMean", [block(down, 24), net.ints(-2, -1)], { keepdims: 0 });
  return onPictures(net, net.layerNorm(mean, 24), 24);
}

/** Patches, a class token, positions, attention and MLPs behind norms (Dosovitskiy et al. 2021). */
export function visionTransformer(decomposed: boolean): Network {
  const net = begin(104);
  const width = 24;
  const patches = net.conv("input", 3, width, { side: 8, stride: 8, pad: 0 });
  const rows = net.op("Reshape", [patches, net.ints(0, width, -1)]);
  const tokens = net.op("Transpose", [rows], { perm: [0, 2, 1] });
  const batch = net.op("Slice", [net.op("Shape", [tokens]), net.ints(0), net.ints(1)]);
  const sizes = net.op("Concat", [batch, net.ints(1, width)], { axis: 0 });
  const token = net.op("Expand", [net.weight("class", [1, 1, width], 1), sizes]);
  const all = net.op("Concat", [token, tokens], { axis: 1 });
  let x = net.op("Add", [all, net.weight("positions", [1, 17, width], 0.5)]);
  for (let i = 0; i < 2; i++) {
    x = net.op("Add", [x, net.attention(net.layerNorm(x, width, decomposed), width, 3)]);
    x = net.op("Add", [x, net.mlp(net.layerNorm(x, width, decomposed), width)]);
  }
  const first = net.op("Gather", [net.layerNorm(x, width, decomposed), net.b.constant(int64([0], []))], {
    axis: 1,
  });
  return onPictures(net, first, width);
}

/** Widen, depthwise, squeeze and excite, narrow, with SiLU (Tan and Le 2019) and hard swish (Howard et al. 2019). */
export function efficientNet(): Promise<Network> {
  const net = begin(105);
  const block = (x: string, from: number, to: number, stride: number, hard: boolean): string => {
    const act = (value: string): string => (hard ? net.op("HardSwish", [value]) : net.silu(value));
    const [wide, gate] = [3 * from, hard ? "HardSigmoid" : "Sigmoid"];
    const grown = act(net.batchNorm(net.conv(x, from, wide, { side: 1 }), wide));
    const depthwise = net.conv(grown, wide, wide, { side: hard ? 5 : 3, stride, groups: wide });
    const y = act(net.batchNorm(depthwise, wide));
    const squeezed = net.op("GlobalAveragePool", [y]);
    const few = act(net.conv(squeezed, wide, 8, { side: 1 }));
    const excited = net.op(gate, [net.conv(few, 8, wide, { side: 1 })]);
    const narrow = net.batchNorm(net.conv(net.op("Mul", [y, excited]), wide, to, { side: 1 }), to);
    return stride === 1 && from === to ? net.op("Add", [narrow, x]) : narrow;
  };
  const stem = net.silu(net.batchNorm(net.conv("input", 3, 8, { stride: 2 }), 8));
  let x = block(block(stem, 8, 16, 2, false), 16, 16, 1, false);
  x = block(block(x, 16, 24, 2, true), 24, 24, 1, true);
  const last = net.op("Clip", [net.conv(x, 24, 48, { side: 1 }), net.number(0), net.number(6)]);
  return calibrated(onPictures(net, net.pooled(last), 48));
}

/** A bidirectional encoder of tokens, batch and length free (Devlin et al. 2019). */
export function textEncoder(): Network {
  const net = new Layers(106);
  const { b } = net;
  const [width, vocabulary, longest] = [24, 50, 16];
  b.input("ids", "int64", ["N", "T"]);
  b.input("mask", "int64", ["N", "T"]);
  const length = net.op("Slice", [net.op("Shape", ["ids"]), net.ints(1), net.ints(2)]);
  const words = net.op("Gather", [net.weight("words", [vocabulary, width], 1), "ids"]);
  const positions = net.weight("positions", [1, longest, width], 0.3);
  const here = net.op("Slice", [positions, net.ints(0), length, net.ints(1)]);
  let x = net.layerNorm(net.op("Add", [words, here]), width, true);
  const row = net.op("Unsqueeze", ["mask", net.ints(1, 2)]);
  const hidden = net.op("Equal", [row, b.constant(int64([0], []))]);
  const far = net.number(-1e9);
  const seen = net.op("Cast", [row], { to: 1 });
  const penalty = net.op("Mul", [net.op("Sub", [net.number(1), seen]), far]);
  const masks = [
    (scores: string) => net.op("Where", [hidden, far, scores]),
    (scores: string) => net.op("Add", [scores, penalty]),
  ];
  for (const mask of masks) {
    x = net.layerNorm(net.op("Add", [net.attention(x, width, 3, mask), x]), width);
    x = net.layerNorm(net.op("Add", [net.mlp(x, width), x]), width);
  }
  // The mean over the tokens that are there.
  const present = net.op("Unsqueeze", [net.op("Cast", ["mask"], { to: 1 }), net.ints(-1)]);
  const sum = (value: string) => net.op("ReduceSum", [value, net.ints(1)], { keepdims: 0 });
  const mean = net.op("Div", [sum(net.op("Mul", [x, present])), sum(present)]);
  const feeds = (batch: number, seed: number) => {
    const rng = random(seed);
    const tokens = 9;
    const rows = Array.from({ length: batch }, () => 3 + rng.int(tokens - 2));
    return {
      ids: int64(
        rows.flatMap((count) =>
          Array.from({ length: tokens }, (_, i) => (i < count ? 1 + rng.int(vocabulary - 1) : 0)),
        ),
        [batch, tokens],
      ),
      mask: int64(
        rows.flatMap((count) => Array.from({ length: tokens }, (_, i) => Number(i < count))),
        [batch, tokens],
      ),
    };
  };
  return { model: net.ending(mean, width), width, weights: net.weights, feeds };
}
