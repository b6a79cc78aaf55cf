import { intAttr, intsAttr, stringAttr } from "../../onnx/attributes.ts";
import type { Rule } from "../rule.ts";
import { constantTarget, fromFront, reshapeLike, sizeOfAxis, zerosLike } from "./layout.ts";
import { through } from "./through.ts";

/** The same elements in another shape: dy in x's shape. */
const relaid: Rule = (site) => through(() => reshapeLike(site, site.dy, site.x[0]));

/** y = x in another shape  =>  dx = dy in x's shape; none passes to the shape input */
export const Reshape: Rule = relaid;

/** y = x as a matrix  =>  dx = dy in x's shape */
export const Flatten: Rule = relaid;

/** y = x without axes of size 1  =>  dx = dy in x's shape */
export const Squeeze: Rule = relaid;

/** y = x with more axes of size 1  =>  dx = dy in x's shape */
export const Unsqueeze: Rule = relaid;

/** y's axis i is x's axis perm[i]  =>  dx = dy by the inverse permutation */
export const Transpose: Rule = ({ node, op, dy }) =>
  through(() => {
    const perm = intsAttr(node, "perm");
    // Without perm the axes are reversed, and that is its own inverse.
    if (perm === undefined) return op("Transpose", [dy]);
    const order = perm.map((axis) => fromFront(axis, perm.length));
    return op("Transpose", [dy], { perm: order.map((_, axis) => order.indexOf(axis)) });
  });

/** y = x₀, x₁, ... one after another along an axis  =>  dxᵢ = its part of dy */
export const Concat: Rule = (site) => {
  const { node, op, ops, ints, dy, shape } = site;
  const axis = fromFront(intAttr(node, "axis", 0), shape(site.y).length);
  const split = (): readonly string[] => {
    const sizes = node.inputs.map((input) => shape(input)[axis]).filter((dim) => typeof dim === "number");
    const known = sizes.length === node.inputs.length;
    const lengths = known
      ? ints(sizes)
      : op(
          "Concat",
          node.inputs.map((input) => sizeOfAxis(site, input, axis)),
          { axis: 0 },
        );
    return ops("Split", [dy, lengths], { axis }, node.inputs.length);
  };
  if (node.inputs.length === 1) return through(() => dy);
  let parts: readonly string[] | undefined;
  return node.inputs.map((_, i) => ({
    emit: () => {
      parts ??= split();
      return parts[i] ?? "";
    },
  }));
};

/** y₀, y₁, ... = x cut along an axis  =>  dx = dy₀, dy₁, ... one after another, zeros where the loss needs no part */
export const Split: Rule = (site) =>
  through(() => {
    const { node, op, dyOf, output } = site;
    const parts = node.outputs.map((_, i) => dyOf(i) ?? zerosLike(site, output(i)));
    return op("Concat", parts, { axis: intAttr(node, "axis", 0) });
  });

/** y = x, repeated along axes of size 1 and new ones  =>  dx = Σ dy over them */
export const Expand: Rule = ({ dy, y, shape }) => [{ emit: () => dy, shape: shape(y) }];

/** y = x, rᵢ times along axis i  =>  dx = Σ over the repeats, each axis being [rᵢ, size] in dy */
export const Tile: Rule = (site) =>
  through(() => {
    const { op, ints, x, dy, shape, constant } = site;
    const repeats = constant(x[1]);
    if (repeats?.every((times) => times === 1)) return dy;
    const axes = repeats?.flatMap((times, i) => (times === 1 ? [] : [i]));
    const laidOut = repeats?.flatMap((times, i) => [...(times === 1 ? [] : [times]), shape(x[0])[i]]);
    const target = laidOut && constantTarget(site, laidOut);
    if (axes && target) {
      // An axis of repeats stands one place further back for each such axis before it.
      return op("ReduceSum", [op("Reshape", [dy, target]), ints(axes.map((axis, i) => axis + i))], {
        keepdims: 0,
      });
    }
    const column = (value: string): string => op("Unsqueeze", [value, ints([1])]);
    const pairs = op("Concat", [column(x[1]), column(op("Shape", [x[0]]))], { axis: 1 });
    const every = ints(shape(x[0]).map((_, i) => 2 * i));
    return op("ReduceSum", [op("Reshape", [dy, op("Reshape", [pairs, ints([-1])])]), every], { keepdims: 0 });
  });

/** y = blocks of channels laid out as b x b positions  =>  dx = positions of dy gathered back into channels */
export const DepthToSpace: Rule = (site) =>
  through(() => {
    const { node, op, ints, x, dy, sizes } = site;
    const block = intAttr(node, "blocksize", 1);
    if (stringAttr(node, "mode", "DCR") === "DCR") return op("SpaceToDepth", [dy], { blocksize: block });
    // CRD: channel c·b² + i·b + j is position (i, j) of channel c.
    const [channels = 0, height = 0, width = 0] = sizes(x[0], 1);
    const blocks = ints([-1, channels / block ** 2, height, block, width, block]);
    const sorted = op("Transpose", [op("Reshape", [dy, blocks])], { perm: [0, 1, 3, 5, 2, 4] });
    return op("Reshape", [sorted, ints([-1, channels, height, width])]);
  });

/** y = b x b positions laid out as blocks of channels  =>  dx = dy's blocks laid out as positions again */
export const SpaceToDepth: Rule = ({ node, op, dy }) =>
  through(() => op("DepthToSpace", [dy], { blocksize: intAttr(node, "blocksize", 1), mode: "DCR" }));
