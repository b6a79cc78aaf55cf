import type * as rules from "../../rules/shape.ts";
import { affine, type GradientCase } from "../gradient-case.ts";

const tile = (shape: readonly number[], repeats: readonly number[]): GradientCase =>
  affine([shape], { ints: repeats });
const expand = (shape: readonly number[], wanted: readonly number[]): GradientCase =>
  affine([shape], { ints: wanted });

export const shape: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Reshape: [
    affine([[2, 6]], { ints: [3, 4] }),
    affine([[2, 6]], { ints: [0, -1, 2] }),
    affine([[1]], { ints: [] }),
    affine([[]], { ints: [1, 1] }),
  ],
  Flatten: [
    affine([[2, 3, 4]]),
    affine([[2, 3, 4]], { attributes: { axis: 0 } }),
    affine([[2, 3, 4]], { attributes: { axis: -1 } }),
    affine([[2, 3]], { attributes: { axis: 2 } }),
  ],
  Squeeze: [
    affine([[1, 3, 1, 2]]),
    affine([[1, 3, 1, 2]], { ints: [0, -2] }),
    affine([[1, 3, 1, 2]], { ints: [2], opset: 13 }),
  ],
  Unsqueeze: [affine([[3, 2]], { ints: [0, -1] }), affine([[]], { ints: [0] })],
  Transpose: [
    affine([[2, 3, 4]]),
    affine([[2, 3, 4, 5]], { attributes: { perm: [0, 2, 3, 1] } }),
    affine([[2, 3, 4]], { attributes: { perm: [2, 0, 1] } }),
    affine([[2, 3]], { attributes: { perm: [1, 0] } }),
  ],
  Concat: [
    affine([[2, 3]], { attributes: { axis: 0 } }),
    affine(
      [
        [2, 3],
        [4, 3],
      ],
      { attributes: { axis: 0 } },
    ),
    affine(
      [
        [2, 3, 2],
        [2, 1, 2],
        [2, 5, 2],
      ],
      { attributes: { axis: -2 } },
    ),
    affine([[2], [1]], { attributes: { axis: 0 }, opset: 13 }),
  ],
  Split: [
    affine([[2, 6]], { attributes: { axis: 1, num_outputs: 3 }, outputs: [true, true, true] }),
    affine([[7, 2]], { attributes: { num_outputs: 3 }, outputs: [true, true, true] }),
    affine([[2, 7]], { ints: [3, 4], attributes: { axis: -1 }, outputs: [true, true] }),
    affine([[2, 7]], { ints: [3, 1, 3], attributes: { axis: 1 }, outputs: [false, true, false] }),
    affine([[2, 7]], { ints: [2, 5], attributes: { axis: 1 }, outputs: [true, false] }),
    affine([[6]], { outputs: [true, true, true], opset: 13 }),
    affine([[6]], { ints: [6], outputs: [true], opset: 13 }),
  ],
  Expand: [
    expand([3, 1], [2, 3, 4]),
    expand([2, 3], [1]),
    expand([], [2, 3]),
    expand([1, 2, 1], [4, 1, 3]),
    expand([1], [1, 1, 1]),
  ],
  Tile: [
    tile([2, 3], [1, 1]),
    tile([2, 3], [2, 3]),
    tile([2, 1, 3], [1, 4, 1]),
    tile([2, 3, 2], [3, 1, 2]),
    tile([4], [3]),
  ],
  DepthToSpace: [
    affine([[2, 12, 3, 2]], { attributes: { blocksize: 2 } }),
    affine([[2, 12, 3, 2]], { attributes: { blocksize: 2, mode: "CRD" } }),
    affine([[1, 18, 2, 3]], { attributes: { blocksize: 3, mode: "CRD" } }),
    affine([[1, 18, 2, 3]], { attributes: { blocksize: 3, mode: "DCR" } }),
  ],
  SpaceToDepth: [
    affine([[2, 3, 4, 6]], { attributes: { blocksize: 2 } }),
    affine([[1, 2, 3, 9]], { attributes: { blocksize: 3 } }),
  ],
};
