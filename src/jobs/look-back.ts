import { reason } from "../core/errors.ts";
import type { Dataset } from "../data/sample.ts";
import type { DataFinding } from "../doctor/finding.ts";
import type { WarningEvent } from "../train/run.ts";
import { cacheIn } from "./cache-node.ts";
import { type InspectEvent, type InspectOptions, inspect } from "./inspect/inspect.ts";
import { removeReport, reportOfTraining } from "./report/report.ts";

/** What a run ends with, when the classifier stands. */
export interface LookedBack {
  /** The page to look at; null where none was asked for or it could not be written. */
  readonly report: string | null;
  /** What may be wrong with the data, where that was asked for; null where it was not, or could not be told. */
  readonly findings: readonly DataFinding[] | null;
}

export interface LookBackOptions extends InspectOptions {
  readonly report?: boolean | undefined;
  readonly doctor?: boolean | undefined;
}

type LookBackEvent = Exclude<InspectEvent, { readonly type: "skipped" }> | WarningEvent;

/** Looks the data over, and writes the run's page. What fails is a warning, for the classifier stands. */
export async function* lookBack(
  out: string,
  dataset: Dataset,
  options: LookBackOptions,
): AsyncGenerator<LookBackEvent, LookedBack> {
  const findings = options.doctor ? yield* doctoring(out, options) : null;
  return { report: yield* reporting(out, dataset, options), findings };
}

/** By the base's features, which are in the cache by now; leaves doctor.json in the run's folder, where the page finds it. */
async function* doctoring(
  out: string,
  options: InspectOptions,
): AsyncGenerator<LookBackEvent, readonly DataFinding[] | null> {
  try {
    const looking = inspect({ ...options, features: true, out });
    for (;;) {
      const { done, value } = await looking.next();
      if (done) return value.findings;
      // What cannot be read has been told of already.
      if (value.type !== "skipped") yield value;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    yield { type: "warning", message: `The data could not be looked over: ${reason(error)}` };
    return null;
  }
}

async function* reporting(
  out: string,
  dataset: Dataset,
  { report = true, cache }: LookBackOptions,
): AsyncGenerator<WarningEvent, string | null> {
  try {
    await removeReport(out);
    return report ? (await reportOfTraining(out, dataset, cacheIn(cache).openStore)).file : null;
  } catch (error) {
    yield { type: "warning", message: `The report could not be written: ${reason(error)}` };
    return null;
  }
}
