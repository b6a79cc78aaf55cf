import { listOf } from "../core/list.ts";
import { bytes } from "../core/words.ts";
import {
  type BasesOptions,
  finish,
  isPulled,
  type PulledModel,
  type PullModelOptions,
  pullModel,
} from "../index.ts";
import type { Terminal } from "./terminal.ts";

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

/** Pulls one model, with a bar. */
export async function bring(options: PullModelOptions, terminal: Terminal): Promise<PulledModel> {
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
