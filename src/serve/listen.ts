import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { reason } from "../core/errors.ts";
import { UsageError } from "../index.ts";
import type { Limits, RunningServer } from "./contract.ts";
import { ServeError } from "./errors.ts";

/** A server that gives slow senders no more time than a request has (408), and no more connections than it should. */
export function httpServer({ seconds, connections }: Pick<Limits, "seconds" | "connections">): Server {
  const whole = Math.ceil(seconds * 1000);
  const server = createServer({
    requestTimeout: whole,
    headersTimeout: Math.min(whole, 10_000),
    connectionsCheckingInterval: Math.min(whole, 1000),
    keepAliveTimeout: 5000,
  });
  // For who does not read the answer: longer than an answer takes to come.
  server.timeout = whole + 10_000;
  server.maxConnections = connections;
  return server;
}

/** Throws ServeError where the address cannot be had, UsageError for a port that there is not. */
export async function listen(
  server: Server,
  host: string,
  port: number,
): Promise<Pick<RunningServer, "url" | "host" | "port">> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(
      { what: `There is no port ${port}.`, next: "Give one from 0 to 65535; 0 takes any free one." },
      { option: "port", value: port },
    );
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const isTaken = error.code === "EADDRINUSE";
      const why = isTaken ? "Something else listens there." : `The system says: ${reason(error)}.`;
      const next = isTaken ? "Give another --port; 0 takes any free one." : "Give another --host or --port.";
      reject(
        new ServeError(
          { what: `Cannot listen on ${host}, port ${port}.`, why, next },
          { port },
          { cause: error },
        ),
      );
    };
    server.once("error", refuse);
    server.listen(port, host, () => {
      server.off("error", refuse);
      const { address, family, port: taken } = server.address() as AddressInfo;
      resolve({
        url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
        host: address,
        port: taken,
      });
    });
  });
}
