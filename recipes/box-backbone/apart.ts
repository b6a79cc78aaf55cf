/**
 * Looks for pictures of the tasks among those that the student is taught by, by perceptual hash: whatever is found is told,
 * most alike first, to be looked at.
 *
 *   npx tsx recipes/box-backbone/apart.ts --photos FOLDER --photos FOLDER [--data ../shared/assets/data]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mapConcurrent } from "../../src/core/async.ts";
import { decodeBytes } from "../../src/data/decode-sharp.ts";
import { defaultMaxDistance, hammingDistance } from "../../src/data/duplicates.ts";
import { fingerprint } from "../../src/data/fingerprint.ts";
import { photos } from "./sources.ts";

const { values } = parseArgs({
  options: {
    photos: { type: "string", multiple: true, default: [] },
    data: { type: "string", default: "../shared/assets/data" },
  },
});
const tasks = ["flowers", "rock-paper-scissors", "pizza-steak-sushi"];

interface Print {
  readonly file: string;
  readonly bits: Uint8Array;
}

/** Fingerprints of every picture below the folders; those that cannot be read were not taught either. */
async function printsOf(folders: readonly string[]): Promise<readonly Print[]> {
  const one = async ({ file }: { readonly file: string }): Promise<Print | undefined> => {
    const pixels = await decodeBytes(await readFile(file), { shrinkTo: 128 }).catch(() => undefined);
    return pixels && { file, bits: fingerprint(pixels) };
  };
  const prints: Print[] = [];
  for await (const print of mapConcurrent(await photos(folders), 8, one)) if (print) prints.push(print);
  return prints;
}

const asked = await printsOf(tasks.map((task) => join(values.data, task)));
const taught = await printsOf(values.photos);
const found = taught.flatMap((print) =>
  asked
    .map((other) => ({ distance: hammingDistance(print.bits, other.bits), print, other }))
    .filter(({ distance }) => distance <= defaultMaxDistance),
);
for (const { distance, print, other } of found.sort((a, b) => a.distance - b.distance)) {
  console.log(`${distance} of 128 bits differ: ${print.file}  ${other.file}`);
}
console.log(
  `${taught.length} photos taught, ${asked.length} pictures of the tasks, ${found.length} pairs alike`,
);
