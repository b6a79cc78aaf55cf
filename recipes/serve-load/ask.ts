import { type OutgoingHttpHeaders, request } from "node:http";

export interface Asked {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body as JSON. */
  json<T>(): T;
}

/** One request on a connection of its own, its headers as given: `fetch` would correct or refuse what a test wants to send. */
export function ask(url: string, { method, headers = {}, body }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: method ?? (body === undefined ? "GET" : "POST"), headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            json: <T>() => JSON.parse(whole.toString()) as T,
          });
        });
      },
    );
    // A refusal may come, and the connection go, before a long body is out.
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
