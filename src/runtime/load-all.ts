import type { Runtime, Session } from "./session.ts";

/** Loads several models, one after another; where one is refused, those loaded before it are released. */
export async function loadAll(
  runtime: Pick<Runtime, "load">,
  models: readonly Uint8Array[],
): Promise<Session[]> {
  const sessions: Session[] = [];
  try {
    for (const model of models) sessions.push(await runtime.load(model));
    return sessions;
  } catch (error) {
    await Promise.allSettled(sessions.map((session) => session.release()));
    throw error;
  }
}
