import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { finish, train } from "../../src/index.ts";
import { type RunningServer, type ServeOptions, serve } from "../../src/serve/serve.ts";

const folder = mkdtempSync(join(tmpdir(), "tsugiki-serve-"));
const data = join(folder, "data");

/** A classifier of drawn patterns, with the backbone in the box; it tells what is unknown, and has rules for sets. */
export const run: string = join(folder, "patterns");

export async function trainPatterns(): Promise<void> {
  await drawPatterns(data, 50, 3);
  await finish(train({ data, out: run, cache: join(folder, "cache"), report: false }));
}

/** One of the pictures that it was trained on, such as "dots/3.jpg". */
export function picture(name: string): Buffer {
  return readFileSync(join(data, name));
}

export function removePatterns(): void {
  rmSync(folder, { recursive: true });
}

/** A server on a free port that `use` may ask; what goes wrong inside it fails the test. */
export async function withServer(
  options: Omit<ServeOptions, "port">,
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  // No test's outcome hangs on how busy the machine is.
  const limits = { seconds: 600, ...options.limits };
  const server = await serve({ ...options, limits, port: 0, onError: (error) => errors.push(error) });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
  if (errors.length > 0) throw errors[0];
}
