import { float32, int64, scalar } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import type { CompactGaussians } from "./compact-gaussians.ts";
import { unitLength } from "./unit-length.ts";

/**
 * `features` float32 [N, width] to `strangeness` float32 [N], higher for stranger pictures, and with a threshold
 * `unknown` bool [N], whether the strangeness is above it. With u = x/‖x‖, c = u - mean, z = c·basisᵀ, y = z·whiten:
 *
 * strangeness = min over classes ‖y - centre‖² + (‖c‖² - ‖z‖²) / rest
 *
 * ‖y - m‖² is written out as ‖y‖² + (‖m‖² - 2·y·m), so that no tensor of rows x classes x kept arises.
 */
export function strangenessGraph(known: CompactGaussians, threshold?: number): Model {
  const { width, kept, rest } = known;
  const classes = known.centres.length / kept;
  const b = new GraphBuilder({ opset: targetOpset, name: "strangeness" });
  const features = b.input("features", "float32", ["N", width]);
  const axis = b.constant(int64([-1]), "strange.axis");
  const squares = (value: string): string => b.op("ReduceSumSquare", [value, axis], { keepdims: 0 });

  const c = b.op("Sub", [unitLength(b, features), b.constant(float32(known.mean), "strange.mean")]);
  const basis = b.constant(float32(known.basis, [kept, width]), "strange.basis");
  const z = b.op("Gemm", [c, basis], { transB: 1 });
  const y = b.op("MatMul", [z, b.constant(float32(known.whiten, [kept, kept]), "strange.whiten")]);

  const [crossed, lengths] = againstCentres(known);
  const cross = b.constant(float32(crossed, [kept, classes]), "strange.centres");
  const between = b.op("Gemm", [y, cross, b.constant(float32(lengths), "strange.lengths")]);
  const nearest = b.op("ReduceMin", [between, axis], { keepdims: 0 });
  const inside = b.op("Add", [squares(y), nearest]);
  const left = b.op("Max", [b.op("Sub", [squares(c), squares(z)]), b.constant(scalar(0), "strange.zero")]);
  const outside = b.op("Div", [left, b.constant(scalar(rest), "strange.rest")]);
  const strangeness = b.op("Add", [inside, outside], {}, { outputs: ["strangeness"] });
  b.output(strangeness, "float32", ["N"]);
  if (threshold !== undefined) {
    const limit = b.constant(scalar(threshold), "strange.threshold");
    b.output(b.op("Greater", [strangeness, limit], {}, { outputs: ["unknown"] }), "bool", ["N"]);
  }
  return b.model();
}

/** -2·mᵀ, kept x classes, and ‖m‖² of each centre m. */
function againstCentres({ kept, centres }: CompactGaussians): [Float32Array, Float32Array] {
  const classes = centres.length / kept;
  const crossed = new Float32Array(centres.length);
  const lengths = new Float32Array(classes);
  for (let label = 0; label < classes; label++) {
    let square = 0;
    for (let i = 0; i < kept; i++) {
      const value = centres[label * kept + i]!;
      square += value * value;
      crossed[i * classes + label] = -2 * value;
    }
    lengths[label] = square;
  }
  return [crossed, lengths];
}
