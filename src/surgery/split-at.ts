import { closest } from "../core/closest.ts";
import { UsageError } from "../core/errors.ts";
import type { Model, ValueInfo } from "../onnx/graph.ts";
import { freeInputs, uses } from "../onnx/graph-tools.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { cut, prune } from "./cut.ts";

/** Which blocks are trained: the last of them, by a share of all, by number, from the one with a node on, or all. */
export type Unfreeze =
  | { readonly kind: "share"; readonly share: number }
  | { readonly kind: "blocks"; readonly count: number }
  | { readonly kind: "from"; readonly node: string }
  | { readonly kind: "all" };

/** "0.3" (a share of the depth, below 1), "4" (blocks), "all", or the name of a node or of its output. */
export function parseUnfreeze(text: string): Unfreeze {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === "all") return { kind: "all" };
  const number = Number(trimmed);
  if (trimmed === "" || Number.isNaN(number)) {
    if (trimmed !== "") return { kind: "from", node: trimmed };
  } else if (number > 0 && number < 1) return { kind: "share", share: number };
  else if (Number.isSafeInteger(number) && number >= 1) return { kind: "blocks", count: number };
  throw new UsageError(
    {
      what: `'${text}' does not say what to unfreeze.`,
      next: "Give a share of the depth (0.3), a number of blocks (4), the name of a node, or all.",
    },
    { option: "unfreeze", value: text },
  );
}

/** The inverse of `parseUnfreeze`. */
export function formatUnfreeze(unfreeze: Unfreeze): string {
  if (unfreeze.kind === "share") return String(unfreeze.share);
  if (unfreeze.kind === "blocks") return String(unfreeze.count);
  return unfreeze.kind === "from" ? unfreeze.node : "all";
}

/** Index of the first block that is trained. Throws UsageError for a node that the network has not. */
export function firstTrained(blocks: readonly Block[], unfreeze: Unfreeze): number {
  switch (unfreeze.kind) {
    case "all":
      return 0;
    case "share":
      return blocks.length - Math.max(1, Math.round(unfreeze.share * blocks.length));
    case "blocks":
      return Math.max(0, blocks.length - unfreeze.count);
    case "from": {
      const { node } = unfreeze;
      const found = blocks.findIndex(({ nodes }) =>
        nodes.some((each) => each.name === node || each.outputs.includes(node)),
      );
      if (found >= 0) return found;
      const names = blocks.flatMap(({ nodes }) => nodes.flatMap((each) => [each.name, ...each.outputs]));
      const near = closest(node, names).map((name) => `'${name}'`);
      throw new UsageError(
        {
          what: `The base has no node '${node}' to unfreeze from.`,
          next: `${near.length > 0 ? `Closest: ${near.join(", ")}. ` : ""}\`tsugiki summary\` lists the blocks; a share such as 0.3 or all works for any base.`,
        },
        { option: "unfreeze", value: node },
      );
    }
    default:
      return unfreeze satisfies never;
  }
}

export interface SplitModel {
  /** The part before the first trained block; undefined where that is the first of all. */
  readonly frozen: Model | undefined;
  /** The part from `boundary` on: its first input, and for a network of one input its only one. */
  readonly top: Model;
  /** The value that passes from one to the other, with its type where it is known. */
  readonly boundary: ValueInfo;
  readonly blocks: readonly Block[];
}

/** A network in two, before the block `first`. Its shapes must have been inferred. */
export function splitAt(model: Model, first: number): SplitModel {
  const { graph } = model;
  const blocks = blocksOf(graph);
  const trained = blocks.slice(first);
  const name = trained[0]?.input ?? "";
  const boundary = [...graph.inputs, ...graph.values.values()].find((value) => value.name === name) ?? {
    name,
    type: undefined,
  };
  if (first === 0) return { frozen: undefined, top: model, boundary, blocks: trained };
  const before = new Set(blocks.slice(0, first).flatMap(({ nodes }) => nodes));
  const nodes = graph.nodes.filter((node) => !before.has(node));
  const values = new Map([...graph.values].filter(([value]) => value !== name));
  // Other inputs, such as a mask, may be needed on both sides.
  const needed = new Set(nodes.flatMap((node) => [...uses(node)]));
  const others = freeInputs(graph)
    .slice(1)
    .filter((input) => needed.has(input.name));
  const top = { ...model, graph: prune({ ...graph, nodes, values, inputs: [boundary, ...others] }) };
  return { frozen: cut(model, [boundary]), top, boundary, blocks: trained };
}
