import { listOf } from "../../core/list.ts";
import { lower } from "../../export/channels-last/lower.ts";
import type { Program } from "../../export/channels-last/program.ts";
import type { ClassifierRecord } from "../../export/classifier.ts";
import { networkOf } from "../../export/network.ts";
import { writeTeachableMachine } from "../../export/tfjs/teachable-machine.ts";
import { writeTfjs } from "../../export/tfjs/write.ts";
import { writeTflite } from "../../export/tflite/write.ts";
import { webFiles } from "../../export/web/files-node.ts";
import type { Model } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { litertName, loadLitert } from "../../runtime/litert-node.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { loadTfjs } from "../../runtime/tfjs-node.ts";
import { loadWeb } from "../../runtime/web-node.ts";
import { storeAsFloat16 } from "../../surgery/float16.ts";
import { ExportError } from "./errors.ts";
import { quantised } from "./int8.ts";
import { oneThread, type Picture, pixelsRunner, type Runner } from "./runner.ts";

/** What a format is written from. */
export interface Trained {
  readonly name: string;
  /** The classifier's file as it was trained, and as a graph. */
  readonly bytes: Uint8Array;
  readonly model: Model;
  readonly record: ClassifierRecord;
  /** Training pictures, for formats that take ranges from them. */
  calibration(): AsyncIterable<Picture>;
}

/** Files by their path in the folder handed over, "/" between names. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** An export in memory. */
export interface Written {
  readonly files: Files;
  /** Nodes that were kept in float because they lose too much otherwise. */
  readonly keptInFloat?: readonly string[];
  /** Names of the nodes at which it goes wrong most, the worst first, where that can be told. */
  worst?(): Promise<readonly string[]>;
}

/** A way in which a classifier leaves. */
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
  write: async ({ name, model }) => ({
    files: new Map([[onnxHalf.path(name), writeModel(storeAsFloat16(model))]]),
  }),
  open: (files, name) => onnxRunner(files.get(onnxHalf.path(name))!),
};

const onnxInt8: Format = {
  name: "onnx-int8",
  what: "ONNX in 8 bits (QDQ), by ranges of training pictures: a quarter of the size",
  leastAgreement: rounded,
  path: (name) => `${name}-int8.onnx`,
  async write(trained) {
    const { model, keptInFloat, worst } = await quantised(trained, rounded);
    return {
      files: new Map([[onnxInt8.path(trained.name), writeModel(model)]]),
      ...(keptInFloat.length > 0 && { keptInFloat }),
      worst: async () => (await worst()).map(({ node }) => node),
    };
  },
  open: (files, name) => onnxRunner(files.get(onnxInt8.path(name))!),
};

/** A format for phones: the network behind its resizing. */
function tflite(name: "tflite" | "tflite-fp16", weights: "float32" | "float16", what: string): Format {
  const path = (stem: string): string => `${stem}${name === "tflite" ? "" : "-fp16"}.tflite`;
  return {
    name,
    what,
    leastAgreement: exact,
    path,
    async write(trained) {
      const { record, name: stem } = trained;
      const program = programOf(trained, name);
      const [base] = listOf(record.base);
      const file = writeTflite(program, {
        weights,
        labels: record.labels,
        name: stem,
        description: `Picture classifier of ${record.labels.length} classes, made by Tsugiki`,
        ...(base?.licence && { licence: base.licence }),
        author: "Tsugiki",
      });
      return { files: new Map([[path(stem), file]]) };
    },
    async open(files, stem, size) {
      const session = await loadLitert(files.get(path(stem))!);
      return {
        runtime: litertName,
        run: ({ image }) => session.run(image, [1, size, size, 3]),
        close: async () => session.release(),
      };
    },
  };
}

/** A folder below the export's, as a format of many files has it. */
function inFolder(folder: string, files: Files): Files {
  return new Map([...files].map(([name, bytes]) => [`${folder}/${name}`, bytes]));
}

const web: Format = {
  name: "web",
  what: "a finished page that works offline, on ONNX Runtime's WebAssembly",
  leastAgreement: exact,
  path: (name) => `${name}-web`,
  async write({ name, bytes, record }) {
    return { files: inFolder(web.path(name), await webFiles(bytes, record, { name })) };
  },
  async open(files, name) {
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

const tfjs: Format = {
  name: "tfjs",
  what: "TensorFlow.js graph model, for tf.loadGraphModel",
  leastAgreement: exact,
  path: (name) => `${name}-tfjs`,
  async write(trained) {
    const { name, record } = trained;
    const files = writeTfjs(programOf(trained, tfjs.name), { labels: record.labels });
    return { files: inFolder(tfjs.path(name), files) };
  },
  async open(files, name, size) {
    const session = await loadTfjs(outOf(tfjs.path(name), files));
    return {
      runtime: session.runtime,
      run: ({ image }) => session.run(image, [1, size, size, 3]),
      close: () => session.release(),
    };
  },
};

const teachableMachine: Format = {
  name: "teachable-machine",
  what: "the three files that Teachable Machine's loader reads, for p5.js and ml5 pages",
  leastAgreement: exact,
  path: (name) => `${name}-teachable-machine`,
  async write(trained) {
    const { name, record } = trained;
    const files = writeTeachableMachine(programOf(trained, teachableMachine.name), {
      labels: record.labels,
      name,
    });
    return { files: inFolder(teachableMachine.path(name), files) };
  },
  async open(files, name, size) {
    const session = await loadTfjs(outOf(teachableMachine.path(name), files));
    return {
      runtime: session.runtime,
      // Its loader hands pixels over so.
      run: ({ image }) =>
        session.run(
          image.map((value) => value / 127 - 1),
          [1, size, size, 3],
        ),
      close: () => session.release(),
    };
  },
};

/** The network as phones run it. Throws ExportError for what has no form there. */
function programOf({ model, record }: Trained, format: string): Program {
  const [preprocess, ...others] = listOf(record.preprocess);
  if (preprocess === undefined || others.length > 0) {
    throw new ExportError(
      {
        what: `'${format}' holds one base, and this classifier has ${others.length + 1} side by side.`,
        why: "Each base sees the picture at a size and with a normalisation of its own.",
        next: "Export it to onnx, or train on one base.",
      },
      { format },
    );
  }
  return lower(networkOf(model, preprocess));
}

/** Every format, in the order in which they are written. */
export const formats: readonly Format[] = [
  onnx,
  onnxHalf,
  onnxInt8,
  tflite("tflite", "float32", "TensorFlow Lite, for phones and small devices"),
  tflite("tflite-fp16", "float16", "TensorFlow Lite with weights in float16"),
  tfjs,
  teachableMachine,
  web,
];
