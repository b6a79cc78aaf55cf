import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { ask } from "../../recipes/serve-load/ask.ts";
import { finished } from "../finished.ts";
import { picture, run } from "./patterns.ts";

const command = resolve(import.meta.dirname, "../../bin/tsugiki.js");

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [command, "serve", ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

export function commandTests(): void {
  test("SIGTERM: what was accepted is answered, what comes after is refused, exit code 0", async () => {
    const child = start(run, "--port", "0", "--json", "--timeout", "600");
    const end = finished(child);
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    const started = JSON.parse(line) as { url: string; host: string; port: number; models: unknown[] };
    expect(started).toEqual({
      url: `http://127.0.0.1:${started.port}`,
      host: "127.0.0.1",
      port: expect.any(Number),
      models: [
        {
          name: "patterns",
          file: expect.stringMatching(/model\.onnx$/),
          classes: ["checks", "dots", "stripes", "波"],
        },
      ],
    });
    const photo = picture("dots/1.jpg");
    // Accepted and only half sent when the signal comes: the rest follows, and the answer still comes.
    const half = request(`${started.url}/predict`, {
      method: "POST",
      headers: { "content-type": "image/jpeg", "content-length": photo.length, expect: "100-continue" },
    });
    half.flushHeaders();
    await once(half, "continue");
    half.write(photo.subarray(0, 100));
    child.kill("SIGTERM");
    await once(child.stderr!, "data");
    const refused = async (): Promise<boolean> =>
      ask(`${started.url}/v2`).then(
        () => false,
        () => true,
      );
    while (!(await refused()));
    expect(child.exitCode).toBe(null);
    half.end(photo.subarray(100));
    const [response] = await once(half, "response");
    let body = "";
    for await (const chunk of response) body += chunk;
    expect([response.statusCode, response.headers.connection]).toEqual([200, "close"]);
    expect(JSON.parse(body)).toMatchObject({ label: "dots" });
    expect(await end).toMatchObject({ code: 0 });
  });

  test("who sends far too much, and means to close, still reads the refusal", async () => {
    const child = start(run, "--port", "0", "--json", "--max-bytes", "100000", "--timeout", "600");
    const end = finished(child);
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    // More than the connection's buffers hold, so that it is still being sent when the answer comes.
    const body = Buffer.alloc(20_000_000);
    for (let i = 0; i < 6; i++) {
      const chunked = i % 2 === 1 && { "transfer-encoding": "chunked" };
      const answer = ask(`${url}/predict`, { headers: { "content-type": "image/jpeg", ...chunked }, body });
      expect((await answer).status).toBe(413);
    }
    child.kill("SIGTERM");
    expect(await end).toMatchObject({ code: 0 });
  });

  test("a clash of names, a taken port and a run that is none end with words, not a stack", async () => {
    const clash = await finished(start(run, run, "--port", "0"));
    expect([clash.code, clash.stderr]).toEqual([
      1,
      expect.stringContaining("Two models would be called patterns"),
    ]);

    const child = start(run, "--port", "0", "--json");
    const end = finished(child);
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    const { port } = JSON.parse(line) as { port: number };
    const taken = await finished(start(run, "--port", String(port)));
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringMatching(/Cannot listen on 127\.0\.0\.1, port \d+\.\nSomething else listens there/),
    ]);
    child.kill("SIGINT");
    expect(await end).toMatchObject({ code: 0 });

    const none = await finished(start("nowhere"));
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining("There is no classifier at nowhere."),
    ]);
    const usage = await finished(start(run, "--queue", "1"));
    expect(usage.code).toBe(2);
  });
}
