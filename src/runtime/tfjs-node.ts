import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import type { io, Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../core/assert.ts";
import { reason } from "../core/errors.ts";
import { EngineError } from "./errors.ts";

/** A TensorFlow.js model, ready to run. */
export interface TfjsSession {
  /** Name and version of the runtime, for records. */
  readonly runtime: string;
  /** The first output for one input of this shape. Throws EngineError. */
  run(image: Float32Array, shape: readonly number[]): Promise<Float32Array>;
  /** All outputs for it, in the order in which the model lists them. Throws EngineError. */
  answers(image: Float32Array, shape: readonly number[]): Promise<readonly Float32Array[]>;
  /** Frees the engine's memory; the session is of no use afterwards. */
  release(): Promise<void>;
}

const engine = "TensorFlow.js";

/** The libraries, loaded when they are first asked for: they take half a second, and only an export's check needs them. */
async function libraries() {
  const [tf, { loadGraphModel }, { setWasmPaths }] = await Promise.all([
    import("@tensorflow/tfjs-core"),
    import("@tensorflow/tfjs-converter"),
    import("@tensorflow/tfjs-backend-wasm"),
  ]);
  // Without it they advertise other packages on the console.
  tf.enableProdMode();
  const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(join(dirname(main), sep));
  // Threads would keep the process alive and gain little on one picture.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  assert(await tf.setBackend("wasm"), "the WebAssembly backend of TensorFlow.js did not start");
  return { tf, loadGraphModel };
}

type Libraries = Awaited<ReturnType<typeof libraries>>;
let loaded: Promise<Libraries> | undefined;

/** What a browser would fetch: `model.json` and the shards that it names. */
function artifactsOf(files: ReadonlyMap<string, Uint8Array>): io.ModelArtifacts {
  const file = (name: string): Uint8Array => {
    const bytes = files.get(name);
    if (bytes === undefined) throw new Error(`The file ${name} is missing`);
    return bytes;
  };
  const { weightsManifest, ...model } = JSON.parse(
    new TextDecoder().decode(file("model.json")),
  ) as io.ModelJSON;
  const shards = weightsManifest.flatMap(({ paths }) => paths.map(file));
  const weightData = new Uint8Array(shards.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const shard of shards) {
    weightData.set(shard, at);
    at += shard.length;
  }
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return { ...model, weightSpecs, weightData: weightData.buffer } as io.ModelArtifacts;
}

/** A model of either kind: its answers for one input. */
interface Loaded {
  answer(input: Tensor): Tensor | Tensor[];
  dispose(): void;
}

/** `tf.loadGraphModel`, or, for a model of Keras layers, `tf.loadLayersModel`. */
async function read(files: ReadonlyMap<string, Uint8Array>, { loadGraphModel }: Libraries): Promise<Loaded> {
  const artifacts = artifactsOf(files);
  const load = async () => artifacts;
  if (artifacts.format !== "layers-model") {
    const model = await loadGraphModel({ load });
    return { answer: (input) => model.execute(input), dispose: () => model.dispose() };
  }
  const { loadLayersModel } = await import("@tensorflow/tfjs-layers");
  const model = await loadLayersModel({ load });
  return { answer: (input) => model.predict(input), dispose: () => model.dispose() };
}

/**
 * Loads the files of a model as `tf.loadGraphModel` or `tf.loadLayersModel` does, whichever its `model.json` is for, on the
 * WebAssembly backend. Throws EngineError.
 */
export async function loadTfjs(files: ReadonlyMap<string, Uint8Array>): Promise<TfjsSession> {
  loaded ??= libraries();
  const refusing = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const what = `${engine} cannot ${doing} the model.`;
      throw new EngineError({ what, why: `${reason(error)}.` }, { engine }, { cause: error });
    }
  };
  const known = await refusing("start with", () => loaded!);
  const { tf } = known;
  const model = await refusing("load", () => read(files, known));
  const answers = (image: Float32Array, shape: readonly number[], most?: number) =>
    refusing("run", async () => {
      const input = tf.tensor(image, [...shape], "float32");
      const output = model.answer(input);
      try {
        const wanted = [output].flat().slice(0, most);
        return await Promise.all(wanted.map(async (each) => Float32Array.from(await each.data())));
      } finally {
        tf.dispose([input, output]);
      }
    });
  return {
    runtime: `${engine} ${tf.version_core}`,
    run: async (image, shape) => (await answers(image, shape, 1))[0]!,
    answers: (image, shape) => answers(image, shape),
    release: async () => model.dispose(),
  };
}
