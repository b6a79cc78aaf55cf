import { int64, scalar } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";

/** x / ‖x‖ of each row of `features` [N, width]; a row of zeros stays. */
export function unitLength(b: GraphBuilder, features: string): string {
  const axis = b.constant(int64([-1]), "unit.axis");
  const length = b.op("ReduceL2", [features, axis], { keepdims: 1 });
  return b.op("Div", [features, b.op("Max", [length, b.constant(scalar(1e-20), "unit.least")])]);
}
