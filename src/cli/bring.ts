import { listOf } from "../core/list.ts";
import { bytes } from "../core/words.ts";
import {
  type BasesOptions,
  finish,
  isPulled,
  LicenceError,
  type PulledModel,
  type PullModelOptions,
  pullModel,
} from "../index.ts";
import { type Asking, askYesNo, canAsk } from "./ask.ts";
import { clearLine, type Terminal } from "./terminal.ts";
import { plainLines } from "./view/width.ts";

/** Pulls what bases are named by a handle and are not here yet, with a bar: the job finds them on the disk then. */
export async function bringBases(
  { base, offline, acceptLicence }: Pick<BasesOptions, "base" | "offline" | "acceptLicence">,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const [once, accepted] = [listOf(offline)[0], listOf(acceptLicence)[0]];
  for (const handle of listOf(base)) {
    if (handle === undefined || !isPulled(handle)) continue;
    const model = await bring({ handle, offline: once, acceptLicence: accepted, signal }, terminal);
    if (model.downloaded > 0)
      terminal.note(`Pulled ${handle}: ${bytes(model.downloaded)}, ${licenceOf(model)}`);
  }
}

/**
 * Pulls one model, with a bar. Whether a licence that forbids commercial use is all right is asked where somebody can answer;
 * elsewhere, and where the answer is no, it throws LicenceError.
 */
export async function bring(
  options: PullModelOptions,
  terminal: Terminal,
  asking: Asking = { input: process.stdin, output: process.stderr },
): Promise<PulledModel> {
  try {
    return await pull(options, terminal);
  } catch (error) {
    if (!(error instanceof LicenceError) || terminal.json || !canAsk(asking)) throw error;
    clearLine(asking.output);
    const { what, why } = error.parts;
    // A licence is called as its publisher likes.
    const question = plainLines(`${what} ${why} Take it all the same?`);
    if (!(await askYesNo(question, asking, options.signal))) throw error;
    return await pull({ ...options, acceptLicence: true }, terminal);
  }
}

async function pull(options: PullModelOptions, terminal: Terminal): Promise<PulledModel> {
  const model = await finish(pullModel(options), (event) => {
    if (event.type === "waiting")
      return terminal.note(`Another process pulls ${event.handle}; waiting for it`);
    const { file, done, total } = event;
    terminal.progress(file, Math.round(done / 1000), Math.round((total ?? done) / 1000), { unit: "kB" });
  });
  if (model.note !== undefined) terminal.warn(model.note);
  return model;
}

export function licenceOf({ licence }: Pick<PulledModel, "licence">): string {
  if (licence === undefined) return "licence not stated";
  return `licence ${licence.id}${licence.commercial === false ? " (not for commercial use)" : ""}`;
}
