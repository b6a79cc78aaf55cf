import type { Server, ServerResponse } from "node:http";

/** Stops a server without losing what it has accepted. Create it before the server gets its own listener. */
export class GracefulStop {
  readonly #server: Server;
  /** Answers that are not sent whole yet. */
  readonly #answers = new Set<ServerResponse>();
  #answered: () => void = () => {};

  constructor(server: Server) {
    this.#server = server;
    server.on("request", (_, answer: ServerResponse) => {
      this.#answers.add(answer);
      answer.once("close", () => {
        this.#answers.delete(answer);
        if (this.#answers.size === 0) this.#answered();
      });
    });
  }

  /** Takes no more connections, waits for the answers, `seconds` at most, and closes what is open. */
  async stop(seconds: number): Promise<void> {
    for (const answer of this.#answers) if (!answer.headersSent) answer.setHeader("connection", "close");
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    let timer: NodeJS.Timeout | undefined;
    if (this.#answers.size > 0)
      await new Promise<void>((resolve) => {
        this.#answered = resolve;
        timer = setTimeout(resolve, seconds * 1000);
      });
    clearTimeout(timer);
    // What is still open has asked nothing: kept alive, or silent from the start.
    this.#server.closeAllConnections();
    await closed;
  }
}
