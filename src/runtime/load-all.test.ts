import { expect, test } from "vitest";
import { loadAll } from "./load-all.ts";
import type { Session } from "./session.ts";

/** Refuses an empty model; writes down what is loaded and released. */
function engine() {
  const log: string[] = [];
  const load = async (model: Uint8Array): Promise<Session> => {
    if (model.length === 0) throw new Error("refused");
    const name = String(model[0]);
    log.push(`load ${name}`);
    const release = async (): Promise<void> => void log.push(`release ${name}`);
    return { inputs: [name], outputs: [], run: async () => ({}), release };
  };
  return { log, runtime: { load } };
}

test("sessions stand in the models' order", async () => {
  const { log, runtime } = engine();
  const sessions = await loadAll(runtime, [Uint8Array.of(1), Uint8Array.of(2)]);
  expect(sessions.map(({ inputs }) => inputs[0])).toEqual(["1", "2"]);
  expect(log).toEqual(["load 1", "load 2"]);
});

test("where one is refused, those before it are released", async () => {
  const { log, runtime } = engine();
  const models = [Uint8Array.of(1), Uint8Array.of(2), new Uint8Array(), Uint8Array.of(3)];
  await expect(loadAll(runtime, models)).rejects.toThrow("refused");
  expect(log).toEqual(["load 1", "load 2", "release 1", "release 2"]);
});
