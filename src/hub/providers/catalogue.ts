import { closest } from "../../core/closest.ts";
import { catalogue, rowNamed } from "../catalogue/index.ts";
import type { CatalogueRow } from "../catalogue/row.ts";
import { NoModelError } from "../errors.ts";
import { parseHandle } from "../parse.ts";
import { type Described, keptAt, type Place, type Provider, placeAt, type World } from "../provider.ts";

/** A row of the catalogue: everything is known before anybody is asked. */
export const describeNamed: Provider<"name"> = async ({ name }, world) => {
  const row = rowNamed(name);
  if (row !== undefined) return describeRow(row, world);
  const near = closest(
    name,
    catalogue.map((one) => one.name),
  );
  throw new NoModelError(
    {
      what: `The catalogue has no "${name}".`,
      next: `${near.length > 0 ? `Closest: ${near.join(", ")}. ` : ""}\`tsugiki models list\` shows it; a file in this folder is written ./${name}.`,
    },
    { handle: name },
  );
};

/**
 * The network that a TensorFlow Hub address named, where the catalogue knows it. That hub had networks once for each picture
 * size that they were trained at ("mobilenet_v2_100_128"): where only another size is known, that one stands in and says so.
 */
export const describeTfhub: Provider<"tfhub"> = async ({ network, address }, world) => {
  const [, same = network, side] = /^(.+)_(\d{2,3})$/.exec(network) ?? [];
  const exact = catalogue.find(({ tfhub = [] }) => tfhub.includes(network));
  const row = exact ?? catalogue.find(({ tfhub = [] }) => tfhub.some((name) => name.startsWith(`${same}_`)));
  if (row !== undefined) {
    const place = `TensorFlow Hub is no more; this is ${row.title} from ${row.handle}`;
    const note = exact
      ? `${place}, the same network.`
      : `${place}, the same network trained at ${row.size} px. Add --size ${side} to show it pictures as that address did.`;
    return { ...describeRow(row, world), note };
  }
  // "mobilenet_v1_100_128": its width and picture size are no part of the name that others give it.
  const family = network.replace(/(_\d{2,3})+$/, "");
  const near = closest(
    network,
    catalogue.flatMap(({ tfhub = [] }) => tfhub),
  );
  throw new NoModelError(
    {
      what: `TensorFlow Hub's ${network} is not in the catalogue.`,
      why: "That hub is gone, and its files are TensorFlow's, not ONNX.",
      next: `${near.length > 0 ? `Nearest known: ${near.join(", ")}. ` : ""}\`tsugiki models list\` shows what there is, \`tsugiki models search ${family}\` what Hugging Face has of it.`,
    },
    { handle: address },
  );
};

function describeRow(
  { handle, mirrors = [], sha256, bytes, title, licence, preprocess }: CatalogueRow,
  world: World,
): Described {
  const places = [handle, ...mirrors].map((one) => placeOf(one, world));
  const path = places[0]!.url.split("/").at(-1)!;
  const parsed = parseHandle(handle);
  const kept = parsed.kind === "hf" ? { kept: keptAt(parsed.repo, { sha256 }) } : {};
  const { id, commercial } = licence;
  return {
    id: handle,
    name: title,
    model: path,
    files: [{ path, sha256, bytes, places, ...kept }],
    licence: { id, commercial },
    preprocess,
  };
}

function placeOf(handle: string, world: World): Place {
  const parsed = parseHandle(handle);
  if (parsed.kind === "url") return { url: parsed.url };
  if (parsed.kind !== "hf" || parsed.file === undefined || parsed.revision === undefined) {
    throw new TypeError(`A row's handle names no one file: ${handle}`);
  }
  return placeAt(world, { repo: parsed.repo, revision: parsed.revision, path: parsed.file });
}
