// The server under load, beside the bare engine in the same run; then hostile requests. README.md says how to run it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { finish, train } from "../../src/index.ts";
import { ask } from "./ask.ts";
import { BareEngine, type EngineWay, engineWays } from "./engine.ts";
import { type HostileRequest, hostileRequests } from "./hostile.ts";

const assets = resolve(import.meta.dirname, "../../../shared/assets");
const { values } = parseArgs({
  options: {
    run: { type: "string" },
    seconds: { type: "string", default: "60" },
    turns: { type: "string", default: "6" },
    connections: { type: "string", default: "50" },
    hostile: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const turns = Number(values.turns);
const seconds = Number(values.seconds) / turns;
const connections = Number(values.connections);
const side = 224;

const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;

/** The median of five looks at each way, in an order that turns: what else the machine does meets all of them alike. */
async function engineSpeeds(engine: BareEngine): Promise<Map<EngineWay, number>> {
  const all = new Map<EngineWay, number[]>(engineWays.map((way) => [way, []]));
  for (let round = 0; round < 5; round++) {
    const order = [...engineWays.slice(2 * round), ...engineWays.slice(0, 2 * round)];
    if (round % 2 === 1) order.reverse();
    for (const way of order) all.get(way)!.push((await engine.speed(way, 1.5)).speed);
  }
  return new Map([...all].map(([way, speeds]) => [way, speeds.sort((a, b) => a - b)[2]!]));
}

/** A run's folder: the one given, or MobileNet v2 trained on the flowers into `folder`. */
async function classifier(folder: string): Promise<string> {
  if (values.run !== undefined) return values.run;
  const base = join(assets, "models/mobilenet_v2_1.0_224_features.onnx");
  const out = join(folder, "flowers");
  await finish(
    train({ data: join(assets, "data/flowers"), base, preprocess: "imagenet", out, report: false }),
  );
  return out;
}

/** The server, a process of its own as a user starts it. */
async function startServer(run: string) {
  const command = resolve(import.meta.dirname, "../../bin/tsugiki.js");
  const child = spawn(
    process.execPath,
    [command, "serve", run, "--port", "0", "--name", "flowers", "--json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { readonly url: string };
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  };
  return { url, stop };
}

interface Load {
  readonly what: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn. */
  readonly bodies: readonly Buffer[];
}

/** Black, grey and white would be told apart no faster: one picture of pixels does for all. */
function pixelsLoad(): Load {
  const pixels = Buffer.alloc(side * side * 3, 127);
  const input = {
    name: "pixels",
    datatype: "UINT8",
    shape: [1, side, side, 3],
    parameters: { binary_data_size: pixels.length },
  };
  const head = Buffer.from(JSON.stringify({ inputs: [input], outputs: [{ name: "probabilities" }] }));
  return {
    what: `pixels of ${side} x ${side}`,
    path: "/v2/models/flowers/infer",
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
    },
    bodies: [Buffer.concat([head, pixels])],
  };
}

function jpegLoad(): Load {
  const folder = join(assets, "data/flowers/val/roses");
  const bodies = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  return { what: "JPEG files", path: "/predict", headers: { "content-type": "image/jpeg" }, bodies };
}

interface Loaded {
  readonly speed: number;
  /** Milliseconds of the server's processor time that a picture takes. */
  readonly cpu: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

async function loaded(url: string, { path, headers, bodies }: Load): Promise<Loaded> {
  const requests = bodies.map((body) => ({ method: "POST" as const, path, headers, body }));
  const before = await gauge(url, "process_cpu_seconds_total");
  const result = await autocannon({ url, connections, duration: seconds, timeout: 60, requests });
  const { errors, timeouts, non2xx, latency, duration } = result;
  const used = (await gauge(url, "process_cpu_seconds_total")) - before;
  return {
    speed: result["2xx"] / duration,
    cpu: (used * 1000) / result["2xx"],
    failed: errors + timeouts + non2xx,
    p50: latency.p50,
    p99: latency.p99,
  };
}

/** One of the server's own figures. */
async function gauge(url: string, name: string): Promise<number> {
  const text = (await ask(`${url}/metrics`)).body.toString();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

async function residentMegabytes(url: string): Promise<number> {
  return (await gauge(url, "process_resident_memory_bytes")) / 1e6;
}

/** The status of a hostile request; what went wrong where there was none. */
async function statusOf(url: string, { path, headers, body }: HostileRequest): Promise<number | string> {
  return ask(url + path, { headers, body }).then(
    ({ status }) => status,
    (error: Error) => error.message,
  );
}

async function main(folder: string): Promise<void> {
  const run = await classifier(folder);
  const engine = await BareEngine.load(readFileSync(join(run, "model.onnx")), side);
  const { url, stop } = await startServer(run);
  const speeds = await engineSpeeds(engine);
  for (const [{ engines, batch }, speed] of speeds)
    console.log(`engine, ${engines}, batch ${batch}: ${speed.toFixed(1)}/s`);
  const [best] = [...speeds].sort((a, b) => b[1] - a[1])[0]!;

  const loads = [pixelsLoad(), jpegLoad()];
  const results = loads.map((): Loaded[] => []);
  const bare: Awaited<ReturnType<BareEngine["speed"]>>[] = [];
  const memory = [await residentMegabytes(url)];
  for (let turn = 0; turn < turns; turn++) {
    bare.push(await engine.speed(best, seconds));
    for (const [i, load] of loads.entries()) {
      results[i]!.push(await loaded(url, load));
      memory.push(await residentMegabytes(url));
    }
  }
  const alone = mean(bare.map(({ speed }) => speed));
  console.log(
    `\nbare engine, ${best.engines}, batch ${best.batch}, beside the server: ${alone.toFixed(1)}/s, ` +
      `${mean(bare.map(({ cpu }) => cpu)).toFixed(1)} ms of processor time a picture`,
  );
  for (const [i, { what }] of loads.entries()) {
    const all = results[i]!;
    const speed = mean(all.map((each) => each.speed));
    const cpu = mean(all.map((each) => each.cpu));
    const failed = all.reduce((sum, each) => sum + each.failed, 0);
    const [p50, p99] = [mean(all.map((each) => each.p50)), Math.max(...all.map((each) => each.p99))];
    console.log(
      `server, ${what}: ${speed.toFixed(1)}/s, ${(speed / alone).toFixed(2)} of the bare engine, ` +
        `${cpu.toFixed(1)} ms, ${failed} failed, latency ${p50.toFixed(0)} ms, 99 %: ${p99.toFixed(0)} ms`,
    );
  }
  console.log(`server's memory after each turn, MB: ${memory.map((each) => each.toFixed(0)).join(" ")}`);

  const statuses = new Map<number | string, number>();
  const options = {
    model: "flowers",
    seed: Number(values.seed),
    count: Number(values.hostile),
    limitBytes: 20e6,
  };
  for await (const request of hostileRequests(options)) {
    const status = await statusOf(url, request);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (typeof status === "string" || status < 400 || status > 499)
      console.log(`NOT REFUSED: ${request.what}: ${status}`);
  }
  console.log(`\nhostile requests by status: ${JSON.stringify(Object.fromEntries(statuses))}`);
  const after = await ask(`${url}/predict`, {
    headers: { "content-type": "image/jpeg" },
    body: jpegLoad().bodies[0]!,
  });
  console.log(
    `afterwards: ${after.status} ${after.json<{ label: string }>().label}, ${(await residentMegabytes(url)).toFixed(0)} MB`,
  );
  console.log(`exit code after SIGTERM: ${await stop()}`);
  await engine.close();
}

if (!existsSync(assets)) {
  console.log(`There are no pictures at ${assets}; this recipe needs them.`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "tsugiki-serve-load-"));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true });
}
