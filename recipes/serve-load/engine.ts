import { availableParallelism } from "node:os";
import { mapConcurrent } from "../../src/core/async.ts";
import { uint8 } from "../../src/core/tensor.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Session } from "../../src/runtime/session.ts";

/** One way to run the bare engine. */
export interface EngineWay {
  readonly engines: "one over all cores" | "one a core";
  /** Pictures of one run. */
  readonly batch: number;
}

const batches = [1, 2, 4, 8, 16];

/** Every way that is compared. */
export const engineWays: readonly EngineWay[] = (["one over all cores", "one a core"] as const).flatMap(
  (engines) => batches.map((batch) => ({ engines, batch })),
);

/** The bare engine on pixels of `side` x `side`, with no server around it. */
export class BareEngine {
  readonly #sessions: Readonly<Record<EngineWay["engines"], Session>>;
  readonly #side: number;

  private constructor(sessions: Readonly<Record<EngineWay["engines"], Session>>, side: number) {
    this.#sessions = sessions;
    this.#side = side;
  }

  static async load(model: Uint8Array, side: number): Promise<BareEngine> {
    const runtime = nodeRuntime();
    const sessions = {
      "one over all cores": await runtime.load(model),
      "one a core": await runtime.load(model, { runs: "many" }),
    };
    return new BareEngine(sessions, side);
  }

  /** Pictures a second over `seconds`, and milliseconds of processor time that one takes; engines of one core each have four runs under way, as the server has. */
  async speed({ engines, batch }: EngineWay, seconds: number): Promise<{ speed: number; cpu: number }> {
    const session = this.#sessions[engines];
    const side = this.#side;
    const pixels = uint8(new Uint8Array(batch * side * side * 3).fill(127), [batch, side, side, 3]);
    await session.run({ pixels });
    const [start, before] = [performance.now(), process.cpuUsage()];
    const passed = (): number => (performance.now() - start) / 1000;
    let done = 0;
    const work = async (): Promise<void> => {
      while (passed() < seconds) {
        await session.run({ pixels });
        done += batch;
      }
    };
    const lanes = engines === "one a core" ? 4 * availableParallelism() : 1;
    for await (const _ of mapConcurrent(Array.from({ length: lanes }), lanes, work));
    const { user, system } = process.cpuUsage(before);
    return { speed: done / passed(), cpu: (user + system) / 1000 / done };
  }

  async close(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.release();
  }
}
