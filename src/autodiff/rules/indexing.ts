import { intAttr, stringAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";
import { gatherBack, gatherNDBack, scatterAdd } from "./indexing/gather.ts";
import { padBack } from "./indexing/pad.ts";
import { sliceBack } from "./indexing/slice.ts";
import { reshapeLike, zerosLike } from "./layout.ts";
import { through } from "./through.ts";

/** y = x from start to end by step  =>  dx = dy at its places, zeros elsewhere */
export const Slice: Rule = (site) => through(() => sliceBack(site));

/** y = x with more around it  =>  dx = dy without; d constant = Σ dy - Σ dx, what stands around */
export const Pad: Rule = (site) => [
  { emit: () => padBack(site) },
  undefined,
  {
    emit: () => {
      const { op, x, dy } = site;
      const total = (value: string): string => op("ReduceSum", [value], { keepdims: 0 });
      return reshapeLike(site, op("Sub", [total(dy), total(padBack(site))]), x[2]);
    },
  },
];

/** y = x[.., index, ..] along an axis  =>  dx[.., index, ..] += dy */
export const Gather: Rule = (site) => through(() => gatherBack(site));

/** y[i][j] = x[index[i][j]][j]  =>  dx[index[i][j]][j] += dy[i][j] */
export const GatherElements: Rule = (site) =>
  through(() => {
    const { node, x, dy } = site;
    return scatterAdd(site, zerosLike(site, x[0]), x[1], dy, intAttr(node, "axis", 0));
  });

/** y[i] = x[indices[i]]  =>  dx[indices[i]] += dy[i] */
export const GatherND: Rule = (site) => through(() => gatherNDBack(site));

/** How a Scatter joins what is there with what comes: set ("none") or added. */
function reductionOf({ node, fail }: Site): "none" | "add" {
  const reduction = stringAttr(node, "reduction", "none");
  if (reduction === "none" || reduction === "add") return reduction;
  return fail(`its reduction '${reduction}' is not covered, only none and add are.`);
}

/** y = x with updates at the index  =>  dx = dy, zeros there unless they were added; d updates = dy there */
export const ScatterElements: Rule = (site) => {
  const { node, op, x, dy } = site;
  const reduction = reductionOf(site);
  const axis = intAttr(node, "axis", 0);
  return [
    {
      emit: () =>
        reduction === "add" ? dy : op("ScatterElements", [dy, x[1], zerosLike(site, x[1])], { axis }),
    },
    undefined,
    { emit: () => op("GatherElements", [dy, x[1]], { axis }) },
  ];
};

/** y = x with updates at the indices  =>  dx = dy, zeros there unless they were added; d updates = dy there */
export const ScatterND: Rule = (site) => {
  const { op, x, dy } = site;
  const reduction = reductionOf(site);
  return [
    { emit: () => (reduction === "add" ? dy : op("ScatterND", [dy, x[1], zerosLike(site, x[2])])) },
    undefined,
    { emit: () => op("GatherND", [dy, x[1]]) },
  ];
};

/** y = a where c, else b  =>  da = dy·c, db = dy·(1 - c) */
export const Where: Rule = ({ op, x, y, dy, shape }) => {
  const masked = (condition: string): string => op("Mul", [dy, op("Cast", [condition], { to: 1 })]);
  return [
    undefined,
    { emit: () => masked(x[0]), shape: shape(y) },
    { emit: () => masked(op("Not", [x[0]])), shape: shape(y) },
  ];
};

/** y = the upper or lower triangle of x  =>  dx = that of dy */
export const Trilu: Rule = ({ node, op, dy }) =>
  through(() => op("Trilu", [dy, ...node.inputs.slice(1)], { upper: intAttr(node, "upper", 1) }));
