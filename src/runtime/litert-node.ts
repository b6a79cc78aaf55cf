import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compileFunction } from "node:vm";
import { reason } from "../core/errors.ts";
import { EngineError } from "./errors.ts";

const require = createRequire(import.meta.url);
const name = "@litertjs/core";

const home = dirname(dirname(require.resolve(name)));
const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { version: string };
/** For records. */
export const litertName = `LiteRT.js ${version}`;

/** A .tflite file, ready to be run: one picture, or whatever its only input is. */
export interface LitertModel {
  /** Its first output. Throws EngineError. */
  run(image: Float32Array, shape: readonly number[]): Promise<Float32Array>;
  /** All of its outputs, in the file's order. Throws EngineError. */
  answers(image: Float32Array, shape: readonly number[]): Promise<readonly Float32Array[]>;
  release(): void;
}

type Litert = typeof import("@litertjs/core");

/** What LiteRT.js asks of a browser's global object. */
interface Globals {
  self?: unknown;
  importScripts?: (path: string) => void;
  Module?: object;
  ModuleFactory?: unknown;
}

/** Errors that the engine logged since they were last asked for: of some it only says so there, and goes on with rubbish. */
const logged: string[] = [];

/**
 * LiteRT.js is made for browsers, its WebAssembly for Node as well. So what its loader asks for is lent to it: a worker's
 * `self` and `importScripts`, which here reads the file. The warning that there is no GPU is not passed on.
 */
async function start(): Promise<Litert> {
  const litert: Litert = await import("@litertjs/core");
  const globals = globalThis as Globals;
  const lent: Globals = {
    self: globalThis,
    importScripts: (path) => {
      const text = `${readFileSync(path, "utf8")}\nreturn ModuleFactory;`;
      // The file is a script that defines a variable, so no module loader can hand its value over.
      const script = compileFunction(text, ["require", "__dirname", "__filename"], { filename: path });
      globals.ModuleFactory = script(createRequire(path), dirname(path), path);
    },
    Module: { print: () => {}, printErr: (line: string) => line.startsWith("ERROR") && logged.push(line) },
    ModuleFactory: undefined,
  };
  const before = Object.keys(lent).map(
    (key) => [key, Object.getOwnPropertyDescriptor(globals, key)] as const,
  );
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes("WebGPU")) warn(...words);
  };
  try {
    Object.assign(globals, lent);
    await litert.loadLiteRt(join(home, "wasm"));
  } finally {
    console.warn = warn;
    for (const [key, descriptor] of before) {
      if (descriptor) Object.defineProperty(globals, key, descriptor);
      else delete globals[key as keyof Globals];
    }
  }
  return litert;
}

/** Does it, and throws EngineError if it fails, or only logs that it did. */
async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  const fail = (parts: readonly string[], options?: ErrorOptions) =>
    new EngineError({ what, why: parts.join(" ") }, { engine: name }, options);
  logged.length = 0;
  const result = await work().catch((cause: unknown) => {
    throw fail([reason(cause), ...logged], { cause });
  });
  if (logged.length > 0) throw fail(logged);
  return result;
}

let engine: Promise<Litert> | undefined;

/** Loads a .tflite file into LiteRT, on the CPU. Throws EngineError if LiteRT refuses it. */
export async function loadLitert(model: Uint8Array): Promise<LitertModel> {
  engine ??= start();
  const litert = await engine;
  const compiled = await attempt("LiteRT refuses the model.", () =>
    litert.loadAndCompile(model, { accelerator: "wasm" }),
  );
  const answers = (image: Float32Array, shape: readonly number[], most?: number) =>
    attempt("LiteRT failed to run the model.", async () => {
      const taken: { delete(): void }[] = [];
      try {
        const input = new litert.Tensor(image, [...shape]);
        taken.push(input);
        const outputs = await compiled.run([input]);
        taken.push(...outputs);
        return outputs.slice(0, most).map((output) => {
          const answer = output.toTypedArray();
          if (answer instanceof Float32Array) return answer;
          throw new TypeError("an output is not float32");
        });
      } finally {
        // They lie in the engine's memory, which no garbage collector looks after.
        for (const tensor of taken) tensor.delete();
      }
    });
  return {
    run: async (image, shape) => (await answers(image, shape, 1))[0]!,
    answers: (image, shape) => answers(image, shape),
    release: () => compiled.delete(),
  };
}
