import { clearLine } from "./terminal.ts";

/** What stops a command from outside, with the exit code that a shell expects of it (128 and the signal's number). */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/** npx and timeout pass a signal on that the whole process group has already got: so soon, it is the same one. */
const sameSignal = 300;

/** One stop for the whole command. */
export class Stop {
  readonly #abort = new AbortController();
  #exitCode: number | undefined;
  #asked = Number.NEGATIVE_INFINITY;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What the process answers where it was stopped; undefined where it was not. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Listens for Ctrl-C, SIGTERM, and a reader who has left. */
  listen(): this {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => this.#signalled(name));
    process.stdout.on("error", (error: NodeJS.ErrnoException) => this.#lostOutput(error));
    // Without a listener an error here would end the process. Nobody reads the notes; the result may still be wanted.
    process.stderr.on("error", () => {});
    return this;
  }

  #signalled(name: keyof typeof codes): void {
    const now = performance.now();
    if (now - this.#asked < sameSignal) return;
    if (this.#asked > 0) {
      // Somebody means it. What is in the cache is safe, for its files are written whole; the system ends the process, for
      // `process.exit` would first wait for the engines.
      process.removeAllListeners(name);
      process.kill(process.pid, name);
      return;
    }
    this.#asked = now;
    clearLine(process.stderr);
    const again = name === "SIGINT" ? " Press Ctrl-C again to stop at once." : "";
    process.stderr.write(`Stopping; what was computed is kept.${again}\n`);
    this.#stop(codes[name]);
  }

  /** `tsugiki predict … | head` closes the pipe: that is no failure. Every later write comes here, too. */
  #lostOutput(error: NodeJS.ErrnoException): void {
    if (this.signal.aborted) return;
    if (error.code !== "EPIPE") {
      clearLine(process.stderr);
      process.stderr.write(
        `Error: The output cannot be written:\n${error.message}.\nCheck where it is sent to.\n`,
      );
      // The error may come when the command has done its work and nothing is left to stop.
      process.exitCode = 1;
    }
    this.#stop(error.code === "EPIPE" ? 0 : 1);
  }

  #stop(exitCode: number): void {
    this.#exitCode ??= exitCode;
    this.#abort.abort();
  }
}
