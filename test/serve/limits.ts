import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { connect } from "node:net";
import autocannon from "autocannon";
import sharp from "sharp";
import { expect, test } from "vitest";
import { type Answered, ask } from "../../recipes/serve-load/ask.ts";
import { hostileRequests } from "../../recipes/serve-load/hostile.ts";
import type { RunningServer } from "../../src/serve/serve.ts";
import { picture, run, withServer } from "./patterns.ts";

const jpeg = { "content-type": "image/jpeg" };

/** The server answers as before. */
async function answers({ url }: RunningServer): Promise<void> {
  const { status, body } = await ask(`${url}/predict`, { headers: jpeg, body: picture("dots/1.jpg") });
  expect([status, JSON.parse(body.toString()).label]).toEqual([200, "dots"]);
}

/** `pictures` black pixels as an infer request. */
function infer(pictures: number, side = 8) {
  const bytes = pictures * side * side * 3;
  const shape = [pictures, side, side, 3];
  const input = { name: "pixels", datatype: "UINT8", shape, parameters: { binary_data_size: bytes } };
  const head = JSON.stringify({ inputs: [input], outputs: [{ name: "probabilities" }] });
  return {
    headers: { "inference-header-content-length": head.length },
    body: Buffer.concat([Buffer.from(head), Buffer.alloc(bytes)]),
  };
}

/** A request whose headers are accepted and whose body of `length` bytes is still to come. */
async function halfSent({ url }: RunningServer, length: number): Promise<ClientRequest> {
  const headers = { ...jpeg, "content-length": length, expect: "100-continue" };
  const outgoing = request(`${url}/predict`, { method: "POST", headers });
  outgoing.flushHeaders();
  await once(outgoing, "continue");
  return outgoing;
}

/** All that comes back, up to `last` or the connection's end, where `text` is sent and nothing more. */
function exchange({ host, port }: RunningServer, text: string, last?: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, host, () => socket.write(text));
    socket.on("data", (chunk) => {
      answer += chunk;
      if (last !== undefined && answer.includes(last)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

export function limitTests(): void {
  test("hostile requests are all refused with a 4xx, and the server goes on", async () => {
    const limits = { bytes: 1_000_000, memory: 4_000_000 };
    await withServer({ models: [run], limits }, async (server) => {
      const wrong: string[] = [];
      const options = { model: "patterns", seed: 11, count: 68, limitBytes: limits.bytes };
      for await (const { what, path, headers, body } of hostileRequests(options)) {
        const answer = await ask(server.url + path, { headers, body });
        const error = (JSON.parse(answer.body.toString()) as { error?: string }).error;
        const isRefused = answer.status >= 400 && answer.status < 500 && typeof error === "string";
        // Nothing of the inside gets out: no stack, no path.
        if (!isRefused || /\bat \S+:\d+|node_modules|\/tmp\//.test(error))
          wrong.push(`${what}: ${answer.status} ${error}`);
      }
      expect(wrong).toEqual([]);
      await answers(server);
    });
  });

  test("bodies and pictures beyond a limit are refused before they are read or decoded", async () => {
    const limits = { bytes: 100_000, pixels: 200 * 200, pictures: 4, queue: 4 };
    await withServer({ models: [run], limits }, async (server) => {
      const { url } = server;
      const status = async (
        asked: Parameters<typeof ask>[1],
        path = "/predict",
      ): Promise<Answered["status"]> => (await ask(url + path, asked)).status;
      // Ten million bytes are announced and none is sent: the answer comes on the header alone.
      const announced = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 10000000\r\n\r\n`;
      expect(await exchange(server, announced, "}")).toMatch(/^HTTP\/1\.1 413 /);
      const chunked = { ...jpeg, "transfer-encoding": "chunked" };
      expect(await status({ headers: chunked, body: Buffer.alloc(100_001) })).toBe(413);
      // Few bytes, many pixels.
      const png = await sharp({ create: { width: 300, height: 300, channels: 3, background: "red" } })
        .png()
        .toBuffer();
      const large = await ask(`${url}/predict`, { headers: jpeg, body: png });
      expect([large.status, large.json()]).toEqual([422, { error: expect.stringMatching(/pixel limit/) }]);
      expect(await status(infer(4), "/v2/models/patterns/infer")).toBe(200);
      expect(await status(infer(5), "/v2/models/patterns/infer")).toBe(413);
      const form = new FormData();
      for (let i = 0; i < 5; i++)
        form.append("image", new Blob([new Uint8Array(picture("dots/2.jpg"))]), `${i}`);
      expect((await fetch(`${url}/predict`, { method: "POST", body: form })).status).toBe(413);
      await answers(server);
    });
  });

  test("full memory is answered with 503 and Retry-After, before the body is read", async () => {
    const limits = { bytes: 20_000, memory: 40_000 };
    await withServer({ models: [run], limits }, async (server) => {
      const held = [await halfSent(server, 20_000), await halfSent(server, 20_000)];
      const full = await ask(`${server.url}/predict`, { headers: jpeg, body: picture("dots/1.jpg") });
      expect([full.status, full.headers["retry-after"]]).toEqual([503, "1"]);
      const metrics = (await ask(`${server.url}/metrics`)).body.toString();
      expect(metrics).toContain("\ntsugiki_refused_total 1\n");
      expect(metrics).toContain("\ntsugiki_body_bytes 40000\n");
      for (const request of held) {
        request.end(Buffer.alloc(20_000));
        const [response] = await once(request, "response");
        expect(response.resume().statusCode).toBe(422);
      }
      await answers(server);
    });
  });

  test("a full queue refuses whole requests, and answers the others", async () => {
    const limits = { pictures: 64, queue: 64 };
    await withServer({ models: [run], limits }, async (server) => {
      const path = `${server.url}/v2/models/patterns/infer`;
      const all = await Promise.all(Array.from({ length: 6 }, () => ask(path, infer(64, 64))));
      const statuses = all.map(({ status }) => status);
      expect([...new Set(statuses)].sort()).toEqual([200, 503]);
      await answers(server);
    });
  });

  test("who sends too slowly is cut off; who asks for too much time is told so", async () => {
    await withServer({ models: [run], limits: { seconds: 0.2 } }, async (server) => {
      const slowHeaders = await exchange(server, "POST /predict HTTP/1.1\r\nHost: local");
      const slowBody = await exchange(
        server,
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\nabc",
      );
      expect([slowHeaders, slowBody].map((answer) => answer.slice(0, 12))).toEqual([
        "HTTP/1.1 408",
        "HTTP/1.1 408",
      ]);
    });
    await withServer({ models: [run], limits: { seconds: 0.001 } }, async (server) => {
      // In one piece, so that nothing of it can come too late.
      const { headers, body } = infer(64, 1);
      const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const answer = await exchange(
        server,
        `POST /v2/models/patterns/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${head.join("")}\r\n${body}`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 504 [\s\S]*There was no answer within 0\.001 seconds/);
    });
  });

  test("50 connections at once: each request is answered, and none wrongly", async () => {
    await withServer({ models: [run] }, async (server) => {
      for (const asked of [
        { path: "/predict", headers: jpeg, body: picture("dots/3.jpg") },
        { path: "/v2/models/patterns/infer", ...infer(1, 96) },
      ]) {
        const { path, headers, body } = asked;
        const result = await autocannon({
          url: server.url + path,
          method: "POST",
          headers: Object.fromEntries(
            Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]),
          ),
          body: Buffer.from(body as Buffer),
          connections: 50,
          amount: 200,
          timeout: 120,
        });
        expect([result["2xx"], result.non2xx, result.errors, result.timeouts]).toEqual([200, 0, 0, 0]);
      }
      await answers(server);
    });
  });
}
