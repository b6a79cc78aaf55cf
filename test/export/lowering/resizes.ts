import { float32 } from "../../../src/core/tensor.ts";
import type { AttributeValue } from "../../../src/onnx/attributes.ts";
import { type Case, type Options, row } from "./sketch.ts";

const resize = (
  name: string,
  attributes: Record<string, AttributeValue>,
  to: { scales?: number[]; sizes?: number[] },
  options?: Options,
) =>
  row(
    `Resize ${name}`,
    (s, x) => {
      const y = s.conv(x, 6, 5);
      const scales = to.scales ? s.b.constant(float32(to.scales), "scales") : "";
      return s.op("Resize", to.sizes ? [y, "", "", s.ints(...to.sizes)] : [y, "", scales], attributes);
    },
    options,
  );

const twice = { scales: [1, 1, 2, 2] };
export const resizes: readonly Case[] = [
  resize("nearest, twice", { mode: "nearest" }, twice, { without: ["slice"] }),
  resize(
    "nearest as PyTorch",
    { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    twice,
    { without: ["slice"] },
  ),
  resize(
    "nearest to any size",
    { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "ceil" },
    { sizes: [1, 5, 13, 5] },
  ),
  resize("linear, twice", { mode: "linear" }, twice),
  resize(
    "linear, asymmetric",
    { mode: "linear", coordinate_transformation_mode: "asymmetric" },
    { sizes: [1, 5, 13, 5] },
  ),
  resize(
    "linear, corners aligned",
    { mode: "linear", coordinate_transformation_mode: "align_corners" },
    { sizes: [1, 5, 13, 5] },
  ),
  resize(
    "linear by axes",
    { mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel", axes: [2, 3] },
    { sizes: [11, 21] },
  ),
];
