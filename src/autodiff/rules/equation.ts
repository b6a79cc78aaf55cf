import { stringAttr } from "../../onnx/attributes.ts";
import type { Dim } from "../../onnx/graph.ts";
import type { Site } from "../rule.ts";

/** An Einsum's equation with one letter an axis: none is repeated within a term, and all axes of a letter agree. */
export interface Equation {
  readonly terms: readonly string[];
  readonly output: string;
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * Reads the equation of an Einsum and spells out its "..." and its missing output. An axis of size 1 that "..." broadcasts
 * gets a letter of its own, as one that is summed alone: nothing is left that broadcasts.
 */
export function equationOf({ node, shape, fail }: Site): Equation {
  const text = stringAttr(node, "equation", "").replaceAll(" ", "");
  const [left = "", right] = text.split("->");
  const terms = left.split(",");
  const unused = [...alphabet].filter((letter) => !text.includes(letter));
  const fresh = (): string => unused.pop() ?? fail("its equation leaves no letter for '...'.");

  const spans = terms.map((term, i) => {
    if (/([a-zA-Z]).*\1/.test(term)) return fail(`'${term}' repeats an index.`);
    if (!term.includes("...")) return [];
    const from = term.indexOf("...");
    const sizes = shape(node.inputs[i] ?? "");
    return sizes.slice(from, from + sizes.length - (term.length - 3));
  });
  const rank = Math.max(...spans.map((span) => span.length));
  const shared = Array.from({ length: rank }, fresh);
  /** Sizes other than 1 of each axis of "...", aligned at the end. */
  const sizes = shared.map((_, p) =>
    spans.flatMap((span) => (span.length < rank - p ? [] : large(span.at(p - rank)))),
  );
  const spelled = spans.map((span) =>
    span.map((dim, j) => {
      const p = rank - span.length + j;
      const among = sizes[p] ?? [];
      if (among.some((size) => size !== among[0]) || (among.length > 1 && among[0] === "?")) {
        fail(`'...' broadcasts sizes that are not known to agree: ${among.join(" and ")}.`);
      }
      return dim === 1 && among.length > 0 ? fresh() : (shared[p] ?? "");
    }),
  );
  const output = right ?? implicitOutput(left);
  return {
    terms: terms.map((term, i) => term.replace("...", (spelled[i] ?? []).join(""))),
    output: output.replace("...", shared.join("")),
  };
}

/** A size as it counts for broadcasting, where 1 gives way; "?" is one of which nothing is known. */
function large(dim: Dim): readonly (number | string)[] {
  return dim === 1 ? [] : [dim ?? "?"];
}

/** The letters that occur once, in alphabetic order, after the ellipsis. */
function implicitOutput(terms: string): string {
  const letters = [...terms.replaceAll(/[^a-zA-Z]/g, "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return (terms.includes("...") ? "..." : "") + once.sort().join("");
}
