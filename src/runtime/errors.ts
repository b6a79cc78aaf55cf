import { TsugikiError } from "../core/errors.ts";

/** The engine refused a graph, or failed while running it. */
export class EngineError extends TsugikiError<{ readonly engine: string }> {
  override readonly code = "ENGINE";
}
