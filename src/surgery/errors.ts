import { TsugikiError } from "../core/errors.ts";

/** The graph is sound ONNX, but Tsugiki cannot make a backbone of it. */
export class BackboneError extends TsugikiError<{ readonly candidates: readonly string[] }> {
  override readonly code = "BACKBONE";
}

/** How pictures are to be normalised is not known, or is stated in a way that cannot be followed. */
export class PreprocessError extends TsugikiError<{ readonly choices: readonly string[] }> {
  override readonly code = "PREPROCESS";
}

/** An operator of an old operator set that has no equal in the one that Tsugiki writes. */
export class UpgradeError extends TsugikiError<{ readonly node: string; readonly opset: number }> {
  override readonly code = "UPGRADE";
}
