import { basename, dirname, extname, resolve } from "node:path";
import { Classifier, TsugikiError, UsageError } from "../index.ts";
import type { ServeOptions, TensorMetadata } from "./contract.ts";
import { ServeError } from "./errors.ts";

/** The tensor that an infer request brings: uint8 [N, H, W, 3], red, green and blue. */
export const pixelsTensor: TensorMetadata = { name: "pixels", datatype: "UINT8", shape: [-1, -1, -1, 3] };

/** A classifier under the name by which it is asked. */
export interface ServedModel {
  readonly name: string;
  readonly classifier: Classifier;
  /** The tensors that it answers, in the order of its file. */
  readonly outputs: readonly TensorMetadata[];
}

/**
 * Loads all models, an engine a core each. Throws ServeError where two bear one name, UsageError for a name that no address
 * can hold, ClassifierError for a file that is no classifier; then none stays loaded.
 */
export async function loadModels({
  models,
  names = [],
}: ServeOptions): Promise<ReadonlyMap<string, ServedModel>> {
  const named = models.map((path, i) => ({ path, name: names[i] ?? nameOf(path) }));
  checkNames(named, names);
  const served = new Map<string, ServedModel>();
  try {
    for (const { path, name } of named) served.set(name, await loadModel(path, name));
  } catch (error) {
    await closeModels(served);
    throw error;
  }
  return served;
}

/** Waits for the predictions under way and frees the engines. */
export async function closeModels(models: ReadonlyMap<string, ServedModel>): Promise<void> {
  await Promise.all([...models.values()].map(({ classifier }) => classifier.close()));
}

/** A run's folder gives its name, also where its `model.onnx` is named; any other file its own. */
function nameOf(path: string): string {
  const full = resolve(path);
  const isRun = extname(full) !== ".onnx" || basename(full) === "model.onnx";
  return isRun ? basename(full.endsWith(".onnx") ? dirname(full) : full) : basename(full, ".onnx");
}

function checkNames(named: readonly { path: string; name: string }[], names: readonly string[]): void {
  const refuse = (what: string, next: string, value: unknown): UsageError =>
    new UsageError({ what, next }, { option: "name", value });
  if (named.length === 0)
    throw new UsageError(
      { what: "There is nothing to serve.", next: "Name the folder of a run; `tsugiki train` makes one." },
      { option: "models", value: [] },
    );
  if (names.length > named.length)
    throw refuse(
      `${names.length} names are given for ${named.length} models.`,
      "Give at most one --name a model.",
      names,
    );
  const seen = new Map<string, string>();
  for (const { path, name } of named) {
    if (!/^[^/\\\p{C}]{1,100}$/u.test(name) || /^\.*$/.test(name))
      throw refuse(`A model cannot be called ${JSON.stringify(name)}.`, "Give it another --name.", name);
    const other = seen.get(name);
    if (other !== undefined)
      throw new ServeError(
        {
          what: `Two models would be called ${name}: ${other} and ${path}.`,
          why: "A model is asked by its name, the folder's where none is given.",
          next: "Give each a --name, in the order of the models.",
        },
        { models: [other, path] },
      );
    seen.set(name, path);
  }
}

async function loadModel(path: string, name: string): Promise<ServedModel> {
  const classifier = await Classifier.load(path, { runs: "many" });
  const { record } = classifier;
  try {
    // One small picture tells the width of the embedding, and that the engine runs the file at all.
    const { embedding } = await classifier.predict({ width: 8, height: 8, data: new Uint8Array(192) });
    const outputs: TensorMetadata[] = [
      { name: "probabilities", datatype: "FP32", shape: [-1, record.labels.length] },
      { name: "embedding", datatype: "FP32", shape: [-1, embedding.length] },
    ];
    if (record.unknown !== undefined)
      outputs.push(
        { name: "strangeness", datatype: "FP32", shape: [-1] },
        { name: "unknown", datatype: "BOOL", shape: [-1] },
      );
    return { name, classifier, outputs };
  } catch (error) {
    await classifier.close();
    throw error instanceof TsugikiError
      ? error
      : new ServeError({ what: `${path} cannot be run.` }, {}, { cause: error });
  }
}
