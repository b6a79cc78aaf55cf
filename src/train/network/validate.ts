import { assert } from "../../core/assert.ts";
import { floats } from "../../core/tensor.ts";
import type { Session } from "../../runtime/session.ts";
import type { Inputs } from "./inputs.ts";
import type { Tensors } from "./state.ts";
import { only } from "./update.ts";

export interface ValidationParts {
  readonly inputs: Pick<Inputs, "name" | "validate">;
  /** Runs the network without dropout and update, its weights fed. */
  readonly forward: Session;
  readonly signal?: AbortSignal | undefined;
}

export interface Measured {
  readonly loss: number;
  readonly accuracy: number;
}

/** Plain mean loss and accuracy over the validation pictures. Throws EngineError, and the signal's reason. */
export async function validate(
  { inputs, forward, signal }: ValidationParts,
  weights: Tensors,
): Promise<Measured> {
  let [loss, hits, rows] = [0, 0, 0];
  for await (const batch of inputs.validate()) {
    signal?.throwIfAborted();
    const feeds = { [inputs.name]: batch.input, targets: batch.targets, ...Object.fromEntries(weights) };
    const answer = await forward.run(feeds, ["rows", "hits"]);
    assert(answer.rows, "the engine answered without 'rows'");
    for (const each of floats(answer.rows)) loss += each;
    hits += only(answer, "hits");
    rows += batch.rows;
  }
  return { loss: loss / rows, accuracy: hits / rows };
}
