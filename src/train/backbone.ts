import { TsugikiError, UsageError } from "../core/errors.ts";
import { float32, floats, type Tensor } from "../core/tensor.ts";
import type { Model } from "../onnx/graph.ts";
import { inferShapes } from "../onnx/infer.ts";
import { readModel } from "../onnx/read.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime, Session } from "../runtime/session.ts";
import { dropUnusedDomains } from "../surgery/cut.ts";
import { BackboneError } from "../surgery/errors.ts";
import {
  endAtFeatures,
  type FeatureCandidate,
  featureCandidates,
  featuresOutput,
  namedCandidate,
} from "../surgery/feature-vector.ts";
import { freeSizes } from "../surgery/free-sizes.ts";
import { type ImageInput, imageInput, imageShape, maxSide } from "../surgery/image-input.ts";
import type { Fit, Normalisation, Preprocess } from "../surgery/preprocess.ts";
import type { PreprocessHints } from "../surgery/preprocess-config.ts";
import { upgrade } from "../surgery/upgrade.ts";
import { feedInitializers } from "./loss-graph.ts";

/** A pretrained network made ready to graft on: normalised, cut at its feature vector, its preprocessing known. */
export interface Backbone {
  /** What messages and records call it. */
  readonly name: string;
  readonly model: Model;
  /** `model` as a file, as the engine loads it. */
  readonly bytes: Uint8Array;
  readonly input: string;
  readonly output: string;
  /** Length of the feature vector. */
  readonly width: number;
  /** The tensor of the original network at which it was cut. */
  readonly cut: string;
  readonly preprocess: Preprocess;
  /** Licence as the model's metadata states it, for the artefact; undefined where it does not. */
  readonly licence: string | undefined;
}

export interface BackboneOptions {
  readonly name: string;
  readonly preprocess:
    | PreprocessHints
    | (Normalisation & { readonly size?: undefined; readonly fit?: undefined });
  readonly size?: number;
  readonly fit?: Fit;
  readonly cut?: string;
  /** Whether BatchNorm is folded into what stands before it. Default true; training from scratch needs it whole. */
  readonly fold?: boolean;
}

/** Tried on a network that states no size. */
const usualSize = 224;

/**
 * Prepares any ONNX classifier or feature extractor. Throws BackboneError when it takes no picture, has no feature
 * vector to be found, or does not run at the size asked for.
 */
export async function prepareBackbone(
  original: Model,
  options: BackboneOptions,
  runtime: Runtime,
): Promise<Backbone> {
  const { name, preprocess, cut } = options;
  const image = imageInput(original);
  const size = options.size ?? preprocess.size ?? image.size ?? usualSize;
  if (!Number.isInteger(size) || size < 1 || size > maxSide) {
    throw new UsageError(
      {
        what: `Pictures of ${size} x ${size} are out of bounds.`,
        next: `Give whole pixels up to ${maxSide}.`,
      },
      { option: "size", value: size },
    );
  }
  // Shapes at the stated size, with the stated batch: what exporters wrote down can only be told apart there.
  const stated = inferShapes(
    original,
    image.size === undefined ? { [image.name]: imageShape(image, size) } : {},
  );
  const free = upgrade(inferAt(freeSizes(stated, image), image, size));

  const candidates = cut === undefined ? featureCandidates(stated) : [namedCandidate(stated, cut, name)];
  if (candidates.length === 0) throw noFeatures(name);
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      const ended = endAtFeatures(free, candidate);
      const headless = await normalise(ended, candidate, image, size, runtime, options.fold);
      return {
        name,
        ...headless,
        cut: candidate.name,
        preprocess: {
          ...normalisationOf(preprocess),
          size,
          fit: options.fit ?? preprocess.fit ?? "cover",
          layout: image.layout,
        },
        licence: original.metadata.get("license") ?? original.metadata.get("licence"),
      };
    } catch (error) {
      if (!(error instanceof TsugikiError)) throw error;
      failures.push(`'${candidate.name}': ${error.parts.why ?? error.message}`);
    }
  }
  throw doesNotRun(name, size, image, candidates, failures);
}

function normalisationOf({ scale, mean, std, channels }: Normalisation): Normalisation {
  return { scale, mean, std, channels };
}

/** Shapes at the size wanted; where that contradicts the network the trial run says it better. */
function inferAt(model: Model, image: ImageInput, size: number): Model {
  try {
    return inferShapes(model, { [image.name]: imageShape(image, size) });
  } catch {
    return model;
  }
}

type Headless = Pick<Backbone, "model" | "bytes" | "input" | "output" | "width">;

/** Lets the engine fold constants and BatchNorm, then runs grey pictures through to see that it really works. */
async function normalise(
  model: Model,
  { width }: FeatureCandidate,
  original: ImageInput,
  size: number,
  runtime: Runtime,
  fold = true,
): Promise<Headless> {
  const input = model.graph.inputs[0]!.name;
  const image = { ...original, name: input };
  const folded = dropUnusedDomains(await (fold ? optimise(model, runtime) : optimiseAround(model, runtime)));
  const shaped = inferAt(folded, image, size);
  const session = await runtime.load(writeModel(shaped));
  let batch: Batch;
  try {
    batch = await trial(session, image, size, width);
  } finally {
    await session.release();
  }
  const output = {
    name: featuresOutput,
    type: { kind: "tensor", dtype: "float32", shape: [batch, width] },
  } as const;
  const named = { ...shaped, graph: { ...shaped.graph, outputs: [output] } };
  return { model: named, bytes: writeModel(named), input, output: featuresOutput, width };
}

async function optimise(model: Model, runtime: Runtime): Promise<Model> {
  return readModel(await runtime.optimise(writeModel(model)));
}

/** Folds constants but no BatchNorm: for as long as the engine looks, its parameters are inputs. */
async function optimiseAround(model: Model, runtime: Runtime): Promise<Model> {
  const { initializers, nodes, inputs } = model.graph;
  const norms = nodes.filter((node) => node.opType === "BatchNormalization");
  const names = [...new Set(norms.flatMap((node) => node.inputs.slice(1)))];
  const { graph, ...rest } = await optimise(feedInitializers(model, names), runtime);
  const held = names.flatMap((name) => {
    const tensor = initializers.get(name);
    return tensor ? [[name, tensor] as const] : [];
  });
  const own = new Set(inputs.map(({ name }) => name));
  return {
    ...rest,
    graph: {
      ...graph,
      inputs: graph.inputs.filter(({ name }) => own.has(name)),
      initializers: new Map([...graph.initializers, ...held]),
    },
  };
}

/** "N" where any number of pictures goes through at once; 1 where an exporter fixed it beyond our freeing. */
type Batch = "N" | 1;

async function trial(session: Session, image: ImageInput, size: number, width: number): Promise<Batch> {
  const features = async (pictures: number): Promise<Tensor> => {
    const shape = imageShape(image, size).map((dim) => (typeof dim === "number" ? dim : pictures));
    const grey = float32(new Float32Array(pictures * 3 * size * size).fill(0.1), shape);
    return (await session.run({ [image.name]: grey }, [featuresOutput]))[featuresOutput]!;
  };
  const isVectors = ({ shape }: Tensor, rows: number): boolean => shape.length === 2 && shape[0] === rows;
  const both = await features(2).catch(() => undefined);
  const answer = both !== undefined && isVectors(both, 2) ? both : await features(1);
  if (answer !== both && !isVectors(answer, 1)) {
    throw unfit("The cut gives no vector a picture.", `one picture gave [${answer.shape}]`);
  }
  if (answer.shape[1] !== width) {
    throw unfit(
      "The feature vector changes its length with the size of the picture.",
      `it has ${answer.shape[1]} numbers here, ${width} at the size it was made for`,
    );
  }
  if (!floats(answer).every(Number.isFinite)) {
    throw unfit("The features are not finite.", "a grey picture gave NaN or infinity");
  }
  return answer === both ? "N" : 1;
}

function unfit(what: string, why: string): BackboneError {
  return new BackboneError({ what, why }, { candidates: [] });
}

function noFeatures(name: string): BackboneError {
  return new BackboneError(
    {
      what: `No feature vector was found in ${name}.`,
      why: "No output leads back to a vector, a map or a row of tokens whose width is known.",
      next: "Name the tensor to cut at with --cut; Netron shows the names.",
    },
    { candidates: [] },
  );
}

function doesNotRun(
  name: string,
  size: number,
  image: ImageInput,
  candidates: readonly FeatureCandidate[],
  failures: readonly string[],
): BackboneError {
  const resized = image.size !== undefined && image.size !== size;
  return new BackboneError(
    {
      what: `${name} does not run on pictures of ${size} x ${size}.`,
      why: `Tried ${failures.join("; ")}.`,
      next: resized
        ? `It was made for ${image.size}: pass --size ${image.size}.`
        : image.size === undefined
          ? "It states no size: pass the one that it was made for as --size."
          : "Check the file with onnxruntime, or name another place to cut with --cut.",
    },
    { candidates: candidates.map((candidate) => candidate.name) },
  );
}
