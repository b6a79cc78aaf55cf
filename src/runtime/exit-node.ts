/**
 * When a process ends by `process.exit` or by an error that nobody caught, Node stops its threads wherever they are; an
 * engine's native code that comes back into a stopped thread throws, and the whole process aborts (exit code 134, "what():
 * Napi::Error"). So each thread tells whether native code is under way, and the process waits for it as it ends.
 */

/** One number a thread: 0 rests, 1 in native code, 2 the process is ending and nothing may begin. */
type Turn = Int32Array<SharedArrayBuffer>;

const [resting, native, ending] = [0, 1, 2];

/** Longest wait for one thread in milliseconds: a run takes far less. */
const patience = 10_000;

/** Turns of the threads that live. */
export const turns = new Set<Turn>();

/** The turn of a thread about to start, whose first act is native code: loading the engine. */
export function newTurn(): Turn {
  if (turns.size === 0 && !process.listeners("exit").includes(waitForAll)) process.on("exit", waitForAll);
  const turn = new Int32Array(new SharedArrayBuffer(4));
  turn[0] = native;
  turns.add(turn);
  return turn;
}

function waitForAll(): void {
  const until = Date.now() + patience;
  for (const turn of turns) {
    while (Atomics.compareExchange(turn, 0, resting, ending) === native && Date.now() < until) {
      Atomics.wait(turn, 0, native, until - Date.now());
    }
  }
}
