import { listOf } from "../../core/list.ts";
import type { Pixels } from "../../data/sample.ts";
import type { Program } from "../../export/channels-last/program.ts";
import type { ClassifierRecord } from "../../export/classifier.ts";
import type { Weights } from "../../export/tflite/file.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { storeAsFloat16 } from "../../surgery/float16.ts";
import { type Lowered, loweredOf, worstStep } from "./lowered.ts";
import { oneThread, type Picture, pixelsRunner, type Runner } from "./runner.ts";

/** What a format is written from. */
export interface Trained {
  readonly name: string;
  /** The classifier's file as it was trained, and as a graph. */
  readonly bytes: Uint8Array;
  readonly model: Model;
  readonly record: ClassifierRecord;
  /** Training pictures, for formats that take ranges from them. */
  calibration(): AsyncIterable<Pixels>;
}

/** Files by their path in the folder handed over, "/" between names. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** An export in memory. */
export interface Written {
  readonly files: Files;
  /** Nodes that were kept in float because they lose too much otherwise. */
  readonly keptInFloat?: readonly string[];
  /** Operators and names of the nodes at which it goes wrong most on a picture, the worst first; none where none stands out. */
  worst?(picture: Picture): Promise<readonly string[]>;
}

/** A way in which a classifier leaves. Its writer and runtime load when it is asked for: most starts of the program want none. */
export interface Format {
  readonly name: string;
  /** In a few words, for help and tables. */
  readonly what: string;
  /** The least agreement with the trained model that is let pass. */
  readonly leastAgreement: number;
  /** The file or folder that `verify` is given. */
  path(name: string): string;
  write(trained: Trained): Promise<Written>;
  /** Loads the files into the runtime that they are made for; `size` is the side of the network's square. */
  open(files: Files, name: string, size: number): Promise<Runner>;
}

/** Float formats must nearly always say the same; of eight bits a little is forgiven. */
const [exact, rounded] = [0.99, 0.97];

async function onnxRunner(file: Uint8Array): Promise<Runner> {
  const runtime = nodeRuntime();
  return pixelsRunner(await runtime.load(file, oneThread), runtime.name);
}

const onnx: Format = {
  name: "onnx",
  what: "ONNX, as it was trained",
  leastAgreement: exact,
  path: (name) => `${name}.onnx`,
  write: async ({ name, bytes }) => ({ files: new Map([[onnx.path(name), bytes]]) }),
  open: (files, name) => onnxRunner(files.get(onnx.path(name))!),
};

const onnxHalf: Format = {
  name: "onnx-fp16",
  what: "ONNX with weights in float16: half the size, the same arithmetic",
  leastAgreement: exact,
  path: (name) => `${name}-fp16.onnx`,
  async write({ name, model }) {
    const half = storeAsFloat16(model);
    return {
      files: new Map([[onnxHalf.path(name), writeModel(half)]]),
      worst: async (picture) => (await import("./departing.ts")).departingNodes(model, half, picture),
    };
  },
  open: (files, name) => onnxRunner(files.get(onnxHalf.path(name))!),
};

const onnxInt8: Format = {
  name: "onnx-int8",
  what: "ONNX in 8 bits (QDQ), by ranges of training pictures: a quarter of the size",
  leastAgreement: rounded,
  path: (name) => `${name}-int8.onnx`,
  async write(trained) {
    const { quantised } = await import("./int8.ts");
    const { model, keptInFloat, worst } = await quantised(trained, rounded);
    return {
      files: new Map([[onnxInt8.path(trained.name), writeModel(model)]]),
      ...(keptInFloat.length > 0 && { keptInFloat }),
      worst: async () => (await worst()).map(({ opType, node }) => `${opType} ${node}`),
    };
  },
  open: (files, name) => onnxRunner(files.get(onnxInt8.path(name))!),
};

/** How a format for phones stores its numbers, and what came of choosing that. */
interface Stored extends Omit<Written, "files"> {
  readonly weights: Weights;
}

/** A format for phones: the network behind its resizing. */
function tflite(
  about: Pick<Format, "name" | "what" | "leastAgreement" | "path">,
  stored: (trained: Trained, lowered: Lowered) => Promise<Stored>,
): Format {
  return {
    ...about,
    async write(trained) {
      const { record, name } = trained;
      const { writeTflite } = await import("../../export/tflite/write.ts");
      const [base] = listOf(record.base);
      const lowered = await loweredOf(trained, about.name);
      const { weights, ...rest } = await stored(trained, lowered);
      const file = (program: Program): Uint8Array =>
        writeTflite(program, {
          weights,
          labels: record.labels,
          name,
          description: `Picture classifier of ${record.labels.length} classes, made by Tsugiki`,
          ...(base?.licence && { licence: base.licence }),
          author: "Tsugiki",
        });
      return {
        files: new Map([[about.path(name), file(lowered.program)]]),
        worst: worstStep(lowered, async (program) => {
          const { loadLitert } = await import("../../runtime/litert-node.ts");
          return loadLitert(file(program));
        }),
        ...rest,
      };
    },
    async open(files, stem, size) {
      const { litertName, loadLitert } = await import("../../runtime/litert-node.ts");
      const session = await loadLitert(files.get(about.path(stem))!);
      return {
        runtime: litertName,
        run: ({ image }) => session.run(image, [1, size, size, 3]),
        close: async () => session.release(),
      };
    },
  };
}

const tfliteFloat = tflite(
  {
    name: "tflite",
    what: "TensorFlow Lite, for phones and small devices",
    leastAgreement: exact,
    path: (name) => `${name}.tflite`,
  },
  async () => ({ weights: "float32" }),
);

const tfliteHalf = tflite(
  {
    name: "tflite-fp16",
    what: "TensorFlow Lite with weights in float16",
    leastAgreement: exact,
    path: (name) => `${name}-fp16.tflite`,
  },
  async () => ({ weights: "float16" }),
);

const tfliteInt8 = tflite(
  {
    name: "tflite-int8",
    what: "TensorFlow Lite in 8 bits, by ranges of training pictures: a quarter of the size",
    leastAgreement: rounded,
    path: (name) => `${name}-int8.tflite`,
  },
  async (trained, lowered) => (await import("./tflite-int8.ts")).int8Weights(trained, lowered, rounded),
);

/** A folder below the export's, as a format of many files has it. */
function inFolder(folder: string, files: Files): Files {
  return new Map([...files].map(([name, bytes]) => [`${folder}/${name}`, bytes]));
}

const web: Format = {
  name: "web",
  what: "a finished page that works offline, on WebGPU or WebAssembly",
  leastAgreement: exact,
  path: (name) => `${name}-web`,
  async write({ name, bytes, model, record }) {
    const { webFiles } = await import("../../export/web/files-node.ts");
    return {
      files: inFolder(web.path(name), await webFiles(bytes, record, { name })),
      async worst(picture) {
        const { loadWeb } = await import("../../runtime/web-node.ts");
        return (await import("./departing.ts")).departingNodes(model, model, picture, loadWeb);
      },
    };
  },
  async open(files, name) {
    const { loadWeb } = await import("../../runtime/web-node.ts");
    const session = await loadWeb(files.get(`${web.path(name)}/model.onnx`)!);
    return pixelsRunner(session, session.runtime);
  },
};

/** What lies in a folder, by its name there. */
function outOf(folder: string, files: Files): Files {
  const start = `${folder}/`;
  return new Map(
    [...files].flatMap(([name, bytes]) =>
      name.startsWith(start) ? [[name.slice(start.length), bytes]] : [],
    ),
  );
}

/** A folder that TensorFlow.js reads; `fed` is what its loader hands over for an image. */
function tensorflowJs(
  about: Pick<Format, "name" | "what" | "path">,
  writer: (trained: Trained) => Promise<(program: Program) => Files>,
  fed = (image: Float32Array): Float32Array => image,
): Format {
  const load = async (files: Files) => (await import("../../runtime/tfjs-node.ts")).loadTfjs(files);
  return {
    ...about,
    leastAgreement: exact,
    async write(trained) {
      const files = await writer(trained);
      const lowered = await loweredOf(trained, about.name);
      return {
        files: inFolder(about.path(trained.name), files(lowered.program)),
        worst: worstStep(lowered, (program) => load(files(program)), fed),
      };
    },
    async open(files, name, size) {
      const session = await load(outOf(about.path(name), files));
      return {
        runtime: session.runtime,
        run: ({ image }) => session.run(fed(image), [1, size, size, 3]),
        close: () => session.release(),
      };
    },
  };
}

const tfjs = tensorflowJs(
  {
    name: "tfjs",
    what: "TensorFlow.js graph model, for tf.loadGraphModel",
    path: (name) => `${name}-tfjs`,
  },
  async ({ record: { labels } }) => {
    const { writeTfjs } = await import("../../export/tfjs/write.ts");
    return (program) => writeTfjs(program, { labels });
  },
);

const teachableMachine = tensorflowJs(
  {
    name: "teachable-machine",
    what: "the three files that Teachable Machine's loader reads, for p5.js and ml5 pages",
    path: (name) => `${name}-teachable-machine`,
  },
  async ({ name, record: { labels } }) => {
    const { writeTeachableMachine } = await import("../../export/tfjs/teachable-machine.ts");
    return (program) => writeTeachableMachine(program, { labels, name });
  },
  // Its loader divides so.
  (image) => image.map((value) => value / 127 - 1),
);

/** Every format, in the order in which they are written. */
export const formats: readonly Format[] = [
  onnx,
  onnxHalf,
  onnxInt8,
  tfliteFloat,
  tfliteHalf,
  tfliteInt8,
  tfjs,
  teachableMachine,
  web,
];
