import { expect, test } from "vitest";
import type { ValueInfo } from "../../onnx/graph.ts";
import { tinyBackbone } from "./testing/tiny-network.ts";
import { keptViews, type ViewsParts } from "./views.ts";

const frozen = tinyBackbone(1).model;
const dims = (...shape: readonly (number | string)[]): ValueInfo => ({
  name: "boundary",
  type: { kind: "tensor", dtype: "float32", shape },
});
const usual: ViewsParts = { pictures: 100, mixes: false, varies: true };

/** 4 x 1024 x 1024 bytes a view: a thousand views are nearly 4 GiB. */
const large = dims("N", 1024, 32, 32);

test("as many views as are of use, and the true reason", () => {
  const small = dims("N", 6, 6, 6);
  const cases = [
    [{ views: "auto", epochs: 8 }, {}, small, 4, "usual"],
    [{ views: "auto", epochs: 3 }, {}, small, 3, "epochs"],
    [{ views: "auto", epochs: 8 }, { pictures: 500 }, large, 2, "space"],
    [{ views: "auto", epochs: 8 }, { pictures: 600 }, large, 0, "space"],
    [{ views: "auto", epochs: 1 }, { pictures: 1000 }, large, 1, "epochs"],
    [{ views: "auto", epochs: 8 }, { varies: false }, small, 1, "alike"],
    [{ views: "auto", epochs: 8 }, { varies: false, pictures: 2000 }, large, 0, "space"],
    [{ views: "auto", epochs: 8 }, { mixes: true }, small, 0, "mixes"],
    [{ views: 4, epochs: 8 }, { mixes: true }, small, 0, "mixes"],
    [{ views: 6, epochs: 8 }, { pictures: 9999 }, large, 6, "asked"],
    [{ views: 9, epochs: 8 }, {}, small, 8, "epochs"],
    [{ views: 4, epochs: 8 }, { varies: false }, small, 1, "alike"],
    [{ views: 0, epochs: 8 }, {}, small, 0, "asked"],
    [{ views: 4, epochs: 8 }, {}, dims("N", 6, "H", "W"), 0, "sizes"],
  ] as const;
  for (const [stage, parts, boundary, views, reason] of cases) {
    const kept = keptViews(stage, { frozen, boundary }, { ...usual, ...parts });
    expect(kept, JSON.stringify([stage, parts])).toEqual({ views, reason });
  }
});

test("without a frozen part there is nothing to keep views behind", () => {
  const kept = keptViews({ views: 4, epochs: 8 }, { frozen: undefined, boundary: large }, usual);
  expect(kept).toEqual({ views: 0, reason: "nothing frozen" });
});
