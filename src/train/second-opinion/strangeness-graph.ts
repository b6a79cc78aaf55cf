import { float32, int64, scalar } from "../../core/tensor.ts";
import { float, GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import type { CompactNeighbours } from "./compact-neighbours.ts";
import { unitLength } from "./unit-length.ts";

/**
 * `features` float32 [N, width] to `strangeness` float32 [N], higher for stranger pictures, and with a threshold
 * `unknown` bool [N], whether the strangeness is above it. With u = x/‖x‖, c = u - mean, z = c·basisᵀ:
 *
 * strangeness = ‖c‖² + k-th least over known pictures i of (‖cᵢ‖² - 2·z·zᵢ)
 *
 * It is ‖u - uᵢ‖² of the k-th nearest, but for what c and cᵢ share outside the basis: of some hundred directions in which
 * little varies, that is nearly nothing.
 */
export function strangenessGraph(neighbours: CompactNeighbours, threshold?: number): Model {
  const { width, kept, k, known, squares } = neighbours;
  const b = new GraphBuilder({ opset: targetOpset, name: "strangeness" });
  const features = b.input("features", "float32", ["N", width]);
  const axis = b.constant(int64([-1]), "strange.axis");

  const c = b.op("Sub", [unitLength(b, features), b.constant(float32(neighbours.mean), "strange.mean")]);
  const basis = b.constant(float32(neighbours.basis, [kept, width]), "strange.basis");
  const z = b.op("Gemm", [c, basis], { transB: 1 });
  const others = b.constant(float32(known, [squares.length, kept]), "strange.known");
  const lengths = b.constant(float32(squares), "strange.squares");
  const between = b.op("Gemm", [z, others, lengths], { alpha: float(-2), transB: 1 });
  const count = b.constant(int64([k]), "strange.k");
  const [nearest] = b.ops("TopK", [between, count], { axis: -1, largest: 0 }, 2) as [string, string];
  const kth = b.op("ReduceMax", [nearest, axis], { keepdims: 0 });
  const own = b.op("ReduceSumSquare", [c, axis], { keepdims: 0 });
  const strangeness = b.op("Add", [own, kth], {}, { outputs: ["strangeness"] });
  b.output(strangeness, "float32", ["N"]);
  if (threshold !== undefined) {
    const limit = b.constant(scalar(threshold), "strange.threshold");
    b.output(b.op("Greater", [strangeness, limit], {}, { outputs: ["unknown"] }), "bool", ["N"]);
  }
  return b.model();
}
