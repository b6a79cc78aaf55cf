import { intsAttr } from "../onnx/attributes.ts";
import type { Dim, Graph, Model, Shape } from "../onnx/graph.ts";
import { consumers, freeInputs } from "../onnx/graph-tools.ts";
import { BackboneError } from "./errors.ts";

/** The picture that a network takes. */
export interface ImageInput {
  readonly name: string;
  readonly layout: "nchw" | "nhwc";
  /** Side of the square that the file states; undefined where it leaves it free. */
  readonly size: number | undefined;
}

/** No network takes larger pictures; a file that says so would have them allocated. */
export const maxSide = 4096;

/**
 * The one input that is a picture: float32, four axes, three of them channels. Throws BackboneError when there is none,
 * or when the network wants more than a picture.
 */
export function imageInput({ graph }: Model): ImageInput {
  const inputs = freeInputs(graph);
  const [only] = inputs;
  const type = only?.type;
  if (inputs.length !== 1 || only === undefined || type?.kind !== "tensor") {
    throw notAPicture(`it has ${inputs.length} inputs: ${inputs.map(({ name }) => name).join(", ")}`);
  }
  const { dtype, shape = [undefined, undefined, undefined, undefined] } = type;
  const axes = `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
  if (dtype !== "float32" || shape.length !== 4)
    throw notAPicture(`its input '${only.name}' is ${dtype} ${axes}`);
  const layout = layoutOf(graph, only.name, shape);
  if (layout === undefined) throw notAPicture(`no axis of its input '${only.name}' ${axes} is 3 channels`);
  const [height, width] = layout === "nchw" ? [shape[2], shape[3]] : [shape[1], shape[2]];
  // Some exporters write 0 where they mean any size.
  const sides = [height, width].filter((side) => typeof side === "number" && side > 0) as number[];
  if (new Set(sides).size > 1) throw notAPicture(`its pictures are ${width} x ${height}, not square`);
  const size = sides[0];
  if (size !== undefined && size > maxSide) {
    throw notAPicture(`its pictures are ${size} x ${size}, more than ${maxSide} on a side`);
  }
  return { name: only.name, layout, size };
}

/** By the axis that is 3; where exporters gave names to all axes, by what the network does with its input first. */
function layoutOf(graph: Graph, input: string, shape: Shape): ImageInput["layout"] | undefined {
  if (shape[1] === 3) return "nchw";
  if (shape[3] === 3) return "nhwc";
  const isOpen = (dim: Dim): boolean => typeof dim !== "number" || dim <= 0;
  const turn = consumers(graph)
    .get(input)
    ?.find(({ opType }) => opType === "Transpose");
  const toPlanes = turn !== undefined && String(intsAttr(turn, "perm")) === "0,3,1,2";
  if (isOpen(shape[3]) && toPlanes) return "nhwc";
  return isOpen(shape[1]) ? "nchw" : undefined;
}

function notAPicture(why: string): BackboneError {
  return new BackboneError(
    {
      what: "This model does not take a picture:",
      why: `${why}.`,
      next: "A backbone takes one float32 input [N, 3, H, W] or [N, H, W, 3].",
    },
    { candidates: [] },
  );
}

/** The input's shape with the batch free and each side `size`, or free too. */
export function imageShape({ layout }: ImageInput, size?: number): Shape {
  const sides = size === undefined ? ["H", "W"] : [size, size];
  return layout === "nchw" ? ["N", 3, ...sides] : ["N", ...sides, 3];
}
