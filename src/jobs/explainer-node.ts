import sharp from "sharp";
import { closest } from "../core/closest.ts";
import { UsageError } from "../core/errors.ts";
import { listOf } from "../core/list.ts";
import { float32, floats, type Tensor, uint8 } from "../core/tensor.ts";
import { encodePng } from "../data/encode-sharp.ts";
import type { Pixels } from "../data/sample.ts";
import { classInput, gradCam, type MapGradient, tryMapGradient } from "../explain/grad-cam.ts";
import { heatOf, type PlacedGrid, type Region, seenRegion } from "../explain/heat.ts";
import { lastMaps } from "../explain/last-maps.ts";
import { occlusion } from "../explain/occlusion.ts";
import { overlay } from "../explain/overlay.ts";
import { type ClassifierRecord, probabilitiesOutput } from "../export/classifier.ts";
import type { Model } from "../onnx/graph.ts";
import { producers } from "../onnx/graph-tools.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { Session } from "../runtime/session.ts";
import { cut } from "../surgery/cut.ts";
import { pixelsInput } from "../surgery/preprocess.ts";
import { pixelsOf, readClassifierFile } from "./classifier-node.ts";

/** Grad-CAM needs a map near the network's end and asks once; occlusion needs nothing and asks some eighty times. */
export type ExplainMethod = "gradcam" | "occlusion";
export const explainMethods: readonly ExplainMethod[] = ["gradcam", "occlusion"];

export interface ExplainPictureOptions {
  /** The class whose evidence is looked for. Default: the most probable one. */
  readonly label?: string | undefined;
  /** Default: "gradcam" where the network allows it. */
  readonly method?: ExplainMethod | undefined;
  /** The longer side of heat and overlay at most, in pixels. Default 640; they are never larger than the picture. */
  readonly side?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where a classifier looked. */
export interface Explanation {
  /** The class that is explained, and its probability. */
  readonly label: string;
  readonly probability: number;
  readonly method: ExplainMethod;
  /** Where occlusion had to do: why Grad-CAM could not. */
  readonly why?: string;
  /** Row by row, in [0, 1]: 1 where the picture speaks most for the class. All 0 where nothing in it does. */
  readonly heat: Float32Array;
  readonly width: number;
  readonly height: number;
  /** The picture in grey under the heat, from black to yellow, as the bytes of a PNG file of these sides. */
  readonly overlay: Uint8Array;
}

const defaultSide = 640;

type Way =
  | { readonly kind: "gradcam"; readonly maps: readonly string[]; readonly gradient: MapGradient }
  | { readonly kind: "none"; readonly why: string };

/** A classifier that tells where it looked. Close it when done. */
export class Explainer {
  readonly file: string;
  readonly record: ClassifierRecord;
  readonly #forward: Session;
  readonly #backward: Session | undefined;
  readonly #way: Way;

  private constructor(
    file: string,
    record: ClassifierRecord,
    way: Way,
    forward: Session,
    backward: Session | undefined,
  ) {
    this.file = file;
    this.record = record;
    this.#way = way;
    this.#forward = forward;
    this.#backward = backward;
  }

  /** Loads a run's folder or a `model.onnx`. Throws ClassifierError when it is no classifier of Tsugiki's. */
  static async load(path: string): Promise<Explainer> {
    const { file, model, record } = await readClassifierFile(path);
    const logits = producers(model.graph).get(probabilitiesOutput)?.inputs[0] ?? "";
    const found = lastMaps(model, logits);
    const maps = found.kind === "maps" ? found.maps : [];
    const outputs = [probabilitiesOutput, ...maps].map((name) => ({ name, type: undefined }));
    const runtime = nodeRuntime();
    const forward = await runtime.load(writeModel(cut(model, outputs)));
    try {
      const way: Way = found.kind === "none" ? found : await wayBack(model, record, logits, maps, forward);
      const back = way.kind === "gradcam" ? await runtime.load(writeModel(way.gradient.model)) : undefined;
      return new Explainer(file, record, way, forward, back);
    } catch (error) {
      await forward.release();
      throw error;
    }
  }

  /** Why pictures are explained by occlusion; undefined where Grad-CAM can. */
  get obstacle(): string | undefined {
    return this.#way.kind === "none" ? this.#way.why : undefined;
  }

  /**
   * Where it looked in a file, an encoded picture in memory, or pixels. Throws UsageError for a class that it has not and
   * for "gradcam" where the network does not allow it, PictureError for what does not decode.
   */
  async explain(
    picture: string | Uint8Array | Pixels,
    options: ExplainPictureOptions = {},
  ): Promise<Explanation> {
    const { label, side = defaultSide, signal } = options;
    if (label !== undefined) this.#indexOf(label);
    const method = options.method ?? (this.#backward ? "gradcam" : "occlusion");
    if (method === "gradcam") this.#requireMap();
    checkSide(side);
    const pixels = await pixelsOf(picture, this.record);
    const answer = await this.#forward.run(feedOf(pixels));
    const probabilities = floats(answer[probabilitiesOutput]!);
    const index =
      label === undefined ? probabilities.indexOf(Math.max(...probabilities)) : this.#indexOf(label);
    const grids =
      method === "gradcam"
        ? await this.#gradients(pixels, answer, index)
        : await this.#occluded(pixels, index, signal);
    const shrink = Math.min(1, side / Math.max(pixels.width, pixels.height));
    const width = Math.max(1, Math.round(pixels.width * shrink));
    const height = Math.max(1, Math.round(pixels.height * shrink));
    const heat = heatOf(grids, pixels, { width, height });
    const { data } = await sharp(pixels.data, {
      raw: { width: pixels.width, height: pixels.height, channels: 3 },
    })
      .resize(width, height, { fit: "fill" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const forced = method === "occlusion" && options.method === undefined ? this.obstacle : undefined;
    return {
      label: this.record.labels[index]!,
      probability: probabilities[index]!,
      method,
      ...(forced !== undefined && { why: forced }),
      heat: heat.values,
      width,
      height,
      overlay: await encodePng({ width, height, data: overlay(data, heat) }),
    };
  }

  /** Frees the engine, when no picture is under way any more. */
  async close(): Promise<void> {
    await Promise.all([this.#forward.release(), this.#backward?.release()]);
  }

  async #gradients(
    pixels: Pixels,
    answer: Readonly<Record<string, Tensor>>,
    index: number,
  ): Promise<PlacedGrid[]> {
    const { maps, gradient } = this.#requireMap();
    const back = this.#backward!;
    const classes = this.record.labels.length;
    const which = new Float32Array(classes);
    which[index] = 1;
    const feeds: Record<string, Tensor> = {
      ...feedOf(pixels),
      ...Object.fromEntries(maps.map((name) => [name, answer[name]!])),
      [classInput]: float32(which, [classes, 1]),
    };
    const asked = Object.fromEntries(back.inputs.map((name) => [name, feeds[name]!]));
    const slopes = await back.run(asked, gradient.gradients);
    const regions = regionsOf(this.record, pixels);
    return maps.map((name, i) => {
      const region = regions.length === 1 ? regions[0]! : regions[i]!;
      const { width, height, values } = gradCam(answer[name]!, slopes[gradient.gradients[i]!]!);
      // A cell's part of the logit, for each pixel that it covers: so maps of several bases can be added.
      const density = (width * height) / (region.width * region.height);
      return { region, grid: { width, height, values: values.map((value) => value * density) } };
    });
  }

  async #occluded(pixels: Pixels, index: number, signal: AbortSignal | undefined): Promise<PlacedGrid[]> {
    const seen = regionsOf(this.record, pixels).reduce((a, b) =>
      b.width * b.height > a.width * a.height ? b : a,
    );
    const probability = async (picture: Pixels): Promise<number> => {
      const answer = await this.#forward.run(feedOf(picture), [probabilitiesOutput]);
      return floats(answer[probabilitiesOutput]!)[index]!;
    };
    return [await occlusion(pixels, seen, probability, signal)];
  }

  #requireMap(): Extract<Way, { kind: "gradcam" }> {
    if (this.#way.kind === "gradcam") return this.#way;
    throw new UsageError(
      {
        what: `Grad-CAM does not work on ${this.file}:`,
        why: `${this.#way.why}.`,
        next: "Use the method occlusion, or leave the method out.",
      },
      { option: "method", value: "gradcam" },
    );
  }

  #indexOf(label: string): number {
    const { labels } = this.record;
    const index = labels.indexOf(label);
    if (index >= 0) return index;
    const near = closest(label, labels);
    const shown = (near.length > 0 ? near : labels.slice(0, 20)).map((name) => `'${name}'`).join(", ");
    throw new UsageError(
      {
        what: `${this.file} has no class '${label}'.`,
        next: `${near.length > 0 ? "Closest" : "Its classes"}: ${shown}.`,
      },
      { option: "class", value: label },
    );
  }
}

/** The way from the logits back to the maps, whose shapes a run on a grey square tells. */
async function wayBack(
  model: Model,
  record: ClassifierRecord,
  logits: string,
  maps: readonly string[],
  forward: Session,
): Promise<Way> {
  const all = listOf(record.preprocess);
  if (all.length > 1 && maps.length !== all.length) {
    return { kind: "none", why: `its ${all.length} bases have ${maps.length} maps in all` };
  }
  const side = Math.max(...all.map(({ size }) => size));
  const trial = await forward.run(
    feedOf({ width: side, height: side, data: new Uint8Array(3 * side * side).fill(128) }),
    maps,
  );
  const shapes = maps.map((name) => ({ name, shape: trial[name]!.shape }));
  if (shapes.some(({ shape: [, , height = 1, width = 1] }) => height * width === 1)) {
    return { kind: "none", why: "its last map has a single place" };
  }
  const gradient = tryMapGradient(model, logits, shapes, record.labels.length);
  return "why" in gradient ? { kind: "none", ...gradient } : { kind: "gradcam", maps, gradient };
}

function feedOf({ width, height, data }: Pixels): Record<string, Tensor> {
  return { [pixelsInput]: uint8(data, [1, height, width, 3]) };
}

function regionsOf({ preprocess }: ClassifierRecord, pixels: Pixels): Region[] {
  return listOf(preprocess).map(({ fit }) => seenRegion(pixels, fit));
}

function checkSide(side: number): void {
  if (Number.isSafeInteger(side) && side >= 1) return;
  throw new UsageError(
    { what: `A side of ${side} pixels means nothing.`, next: "Give it as a whole number from 1." },
    { option: "side", value: side },
  );
}
