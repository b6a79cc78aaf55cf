import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Remote } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub-node.ts";
import { parseHandle } from "../../src/hub/parse.ts";

/** A process of its own that pulls a model and prints the hash of what it got. */
const [folder, endpoint, handle] = process.argv.slice(2);
const { file } = await new Hub({ folder: folder!, endpoint: endpoint! }).pull(parseHandle(handle!) as Remote);
console.log(
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex"),
);
