import { type AugmentationSpec, mixes, varies } from "../../augment/spec.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { ValueInfo } from "../../onnx/graph.ts";
import type { SplitModel } from "../../surgery/split-at.ts";

/** Views that "auto" computes, at most, and the bytes that it lets them take together. */
const [usualViews, viewsBudget] = [4, 4 * 1024 ** 3];

/**
 * Why so many views are kept. "usual"; "asked": --views says so; "epochs": more would never be seen; "space": as many as
 * disk allows, or none where that is fewer than two; "alike": nothing varies, one view is all; "mixes": blended pictures
 * have no views of their own; "sizes": those of what leaves the frozen part are not known; "nothing frozen".
 */
export type ViewsReason =
  | "usual"
  | "asked"
  | "epochs"
  | "space"
  | "alike"
  | "mixes"
  | "sizes"
  | "nothing frozen";

/** Views of each picture behind the frozen part that are computed once and kept; 0: it runs each epoch. */
export interface KeptViews {
  readonly views: number;
  readonly reason: ViewsReason;
}

export interface ViewsParts {
  /** How many there are to train on. */
  readonly pictures: number;
  /** Whether augmentation blends them, and whether it varies anything at all. */
  readonly mixes: boolean;
  readonly varies: boolean;
}

/** What of an augmentation decides over views. */
export function variation(spec: AugmentationSpec): Omit<ViewsParts, "pictures"> {
  return { mixes: mixes(spec), varies: varies(spec) };
}

/** How many views of each picture a stage keeps behind its frozen part. */
export function keptViews(
  { views, epochs }: { readonly views: number | "auto"; readonly epochs: number },
  { frozen, boundary }: Pick<SplitModel, "frozen" | "boundary">,
  { pictures, mixes: mixing, varies: varying }: ViewsParts,
): KeptViews {
  const sizes = sizesOf(boundary);
  if (frozen === undefined) return { views: 0, reason: "nothing frozen" };
  if (views === 0) return { views, reason: "asked" };
  if (mixing) return { views: 0, reason: "mixes" };
  if (sizes === undefined) return { views: 0, reason: "sizes" };
  const most = varying ? epochs : 1;
  if (views !== "auto") {
    if (views <= most) return { views, reason: "asked" };
    return { views: most, reason: varying ? "epochs" : "alike" };
  }
  const fitting = Math.floor(viewsBudget / (4 * sizeOf(sizes) * pictures));
  const wanted = Math.min(usualViews, most);
  // The same view each epoch would be no augmentation at all: then the frozen part had better run each time.
  if (fitting < Math.min(2, wanted)) return { views: 0, reason: "space" };
  if (fitting < wanted) return { views: fitting, reason: "space" };
  if (!varying) return { views: 1, reason: "alike" };
  return { views: wanted, reason: wanted < usualViews ? "epochs" : "usual" };
}

/** Sizes of a value without its batch, where they are all known. */
export function sizesOf({ type }: ValueInfo): readonly number[] | undefined {
  const shape = type?.kind === "tensor" ? type.shape?.slice(1) : undefined;
  const sizes = shape?.filter((dim) => typeof dim === "number") ?? [];
  return sizes.length > 0 && sizes.length === shape?.length ? sizes : undefined;
}
