import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What the gauges read when they are asked. */
export interface Gauged {
  readonly waiting: () => number;
  readonly busy: () => number;
  readonly bodyBytes: () => number;
}

/** The server's figures for Prometheus; each server has its own, so that several live in one process. */
export class Metrics {
  readonly registry = new Registry();
  /** `route` is a route's pattern or "none", never what was asked: names from outside would fill the memory. */
  readonly requests = new Counter({
    name: "tsugiki_requests_total",
    help: "Requests answered.",
    labelNames: ["route", "status"] as const,
    registers: [this.registry],
  });
  readonly duration = new Histogram({
    name: "tsugiki_request_duration_seconds",
    help: "Time from a request's headers to its answer.",
    labelNames: ["route"] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });
  readonly pictures = new Counter({
    name: "tsugiki_pictures_total",
    help: "Pictures classified.",
    labelNames: ["model"] as const,
    registers: [this.registry],
  });
  readonly batch = new Histogram({
    name: "tsugiki_request_pictures",
    help: "Pictures that a request brought.",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: [this.registry],
  });
  readonly refused = new Counter({
    name: "tsugiki_refused_total",
    help: "Requests refused because the queue or the memory for bodies was full, or the server was stopping.",
    registers: [this.registry],
  });

  constructor({ waiting, busy, bodyBytes }: Gauged) {
    this.#gauge("tsugiki_queue_pictures", "Pictures accepted and not begun.", waiting);
    this.#gauge("tsugiki_busy_pictures", "Pictures being decoded or classified.", busy);
    this.#gauge("tsugiki_body_bytes", "Bytes of request bodies held.", bodyBytes);
    collectDefaultMetrics({ register: this.registry });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
