import type { Truth } from "../data/labelling.ts";

/** Feature vectors of some pictures with what is true of them: `features` is rows x width, row by row. */
export interface FeatureSet extends Truth {
  readonly rows: number;
  readonly width: number;
  readonly features: Float32Array;
}
