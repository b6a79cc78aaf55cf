import type { GraphBuilder } from "../../onnx/builder.ts";
import { lossNodes } from "./rows.ts";

export interface MeanSquaredError {
  /** float32 [N, width]. */
  readonly predictions: string;
  /** float32 [N, width]: the teacher's features or logits, where one network is distilled into another. */
  readonly targets: string;
  readonly width: number;
}

/** Σ (y - t)² / width, row by row: float32 [N]. */
export function meanSquaredError(
  builder: GraphBuilder,
  { predictions, targets, width }: MeanSquaredError,
): string {
  const { op, rowMean } = lossNodes(builder);
  return rowMean(op("Pow", op("Sub", predictions, targets), 2), width);
}
