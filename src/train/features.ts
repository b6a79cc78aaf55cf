/** Feature vectors of some pictures with their classes: `features` is rows x width, row by row. */
export interface FeatureSet {
  readonly rows: number;
  readonly width: number;
  readonly features: Float32Array;
  /** Class index of each row. */
  readonly labels: Int32Array;
}
