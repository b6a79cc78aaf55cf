import { backward } from "../src/autodiff/backward.ts";
import { tileConvolutions } from "../src/autodiff/winograd.ts";
import { random } from "../src/core/random.ts";
import { float32, type Tensor } from "../src/core/tensor.ts";
import { GraphBuilder } from "../src/onnx/builder.ts";
import type { Model } from "../src/onnx/graph.ts";
import { writeModel } from "../src/onnx/write.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import type { Session } from "../src/runtime/session.ts";
import { feedInitializers } from "../src/train/loss-graph.ts";
import type { Figure } from "./index.ts";

const [batch, rounds] = [32, 9];
const weights = ["first", "second", "third"];

/** Channels in and out, and the side of the map. */
const layers = [
  [512, 7],
  [512, 4],
  [256, 14],
  [128, 28],
  [64, 28],
  [32, 14],
] as const;

/** 3x3 convolutions, three behind each other, forward and backward: tiled against the engine's own Conv, in turn. */
export async function* tiles(): AsyncGenerator<Figure> {
  for (const [channels, side] of layers) {
    const model = threeLayers(channels, side);
    const feeds = feedsOf(model, [batch, channels, side, side]);
    const times: Record<"direct" | "tiled", number[]> = { direct: [], tiled: [] };
    const sessions = { direct: await load(model), tiled: await load(tileConvolutions(model, weights)) };
    for (let round = 0; round < rounds; round++) {
      for (const form of ["direct", "tiled"] as const) {
        const started = performance.now();
        await sessions[form].run(feeds);
        times[form].push(performance.now() - started);
      }
    }
    await Promise.all(Object.values(sessions).map((session) => session.release()));
    yield {
      name: `forward + backward of 3x3 convolutions as tiled products, ${channels} channels, ${side} x ${side}, batch ${batch}`,
      value: Number((Math.min(...times.tiled) / Math.min(...times.direct)).toFixed(2)),
      unit: "times the reference's time",
      against: "the same by the engine's own Conv",
    };
  }
}

function threeLayers(channels: number, side: number): Model {
  const b = new GraphBuilder({ opset: 18, name: "layers" });
  const rng = random(1);
  const std = Math.sqrt(2 / (9 * channels));
  let x = b.input("x", "float32", ["N", channels, side, side]);
  for (const name of weights) {
    const data = Float32Array.from({ length: channels ** 2 * 9 }, () => std * rng.normal());
    const weight = b.initializer(name, float32(data, [channels, channels, 3, 3]));
    x = b.op("Relu", [b.op("Conv", [x, weight], { pads: [1, 1, 1, 1] })]);
  }
  b.output(b.op("ReduceMean", [b.op("Mul", [x, x])], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  return b.model();
}

function feedsOf({ graph }: Model, shape: readonly number[]): Record<string, Tensor> {
  const rng = random(2);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const x = float32(
    Float32Array.from({ length: size }, () => rng.normal()),
    shape,
  );
  return { x, ...Object.fromEntries(weights.map((name) => [name, graph.initializers.get(name)!])) };
}

function load(model: Model): Promise<Session> {
  const { model: differentiated } = backward(model, "loss", weights);
  return nodeRuntime().load(writeModel(feedInitializers(differentiated, weights)));
}
