import { HubApiError, type ListFileEntry, listFiles, modelInfo } from "@huggingface/hub";
import { isFields } from "../../core/json.ts";
import { archiveFormat } from "../archive/archive.ts";
import { NoModelError } from "../errors.ts";
import { Setback } from "../http.ts";
import {
  clientOf,
  type Described,
  type DescribedFile,
  keptAt,
  type Provider,
  placeAt,
  type World,
} from "../provider.ts";
import type { Licence } from "../record.ts";
import { chooseModel } from "./choose-model.ts";

/** More files than any model's repository has: a listing that goes on and on is cut off. */
const mostFiles = 20_000;
const preprocessor = "preprocessor_config.json";

/** A repository on Hugging Face, or on a mirror of it. */
export const describeHuggingFace: Provider<"hf"> = ({ repo, ...at }, world) =>
  describeRepository({ repo, ...at }, world, `hf:${repo}`);

/** A model on a hub of one's own; it is asked without Hugging Face's token. */
export const describeOwn: Provider<"hub"> = ({ hub, model, revision, file }, { token: _, ...world }) => {
  const at = { ...(revision !== undefined && { revision }), ...(file !== undefined && { file }) };
  return describeRepository({ repo: model, ...at }, { ...world, endpoint: hub }, `hub+${hub}/${model}`);
};

interface Repository {
  readonly repo: string;
  readonly revision?: string;
  readonly file?: string;
}

/** A repository of whatever speaks Hugging Face's protocol: pinned to the commit that it is at. */
async function describeRepository(
  { repo, revision, file }: Repository,
  world: World,
  handle: string,
): Promise<Described> {
  const asking = { ...clientOf(world), name: repo, ...(revision !== undefined && { revision }) };
  const told = (error: unknown): never => {
    throw explained(error, handle, revision);
  };
  const info = await modelInfo({ ...asking, additionalFields: ["sha", "cardData"] }).catch(told);
  const commit = info.sha;
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Setback(`${world.endpoint} names no commit for ${repo}`);
  const entries = await entriesOf(repo, commit, world).catch(told);
  const model = file ?? chooseModel([...entries.keys()], handle);
  if (!entries.has(model)) {
    const found = [...entries.keys()].filter((path) => path.endsWith(".onnx"));
    throw new NoModelError(
      {
        what: `${repo} has no ${model} at ${commit.slice(0, 12)}.`,
        next: found.length > 0 ? `It has ${found.slice(0, 8).join(", ")}.` : "It has no ONNX file at all.",
      },
      { handle },
    );
  }
  const format = archiveFormat(model);
  const beside = format === undefined ? companions(model, [...entries.keys()]) : [];
  const files = [model, ...beside].map((path): DescribedFile => {
    const { size, oid, lfs } = entries.get(path)!;
    const digest = lfs
      ? { sha256: lfs.oid.replace(/^sha256:/, ""), bytes: lfs.size }
      : { gitOid: oid, bytes: size };
    return {
      path: path.split("/").at(-1)!,
      ...digest,
      places: [placeAt(world, { repo, revision: commit, path })],
      kept: keptAt(repo, digest),
    };
  });
  return {
    id: `${handle}@${commit}:${model}`,
    name: repo,
    model: files[0]!.path,
    files,
    ...(format && { packed: { format } }),
    licence: licenceOf(info.cardData),
  };
}

async function entriesOf(repo: string, commit: string, world: World): Promise<Map<string, ListFileEntry>> {
  const entries = new Map<string, ListFileEntry>();
  const listing = listFiles({
    ...clientOf(world),
    repo: { type: "model", name: repo },
    revision: commit,
    recursive: true,
  });
  for await (const entry of listing) {
    if (entry.type === "file") entries.set(entry.path, entry);
    if (entries.size > mostFiles) break;
  }
  return entries;
}

/** Weights beside the model, under the names that exporters give them, and how its pictures are prepared. */
function companions(model: string, paths: readonly string[]): string[] {
  const folder = model.slice(0, model.lastIndexOf("/") + 1);
  const stem = model.replace(/\.onnx$/, "");
  const weights = paths.filter(
    (path) =>
      path !== model &&
      !path.slice(folder.length).includes("/") &&
      [`${model}_data`, `${model}.data`, `${stem}.data`].some((start) => path.startsWith(start)),
  );
  const config = [`${folder}${preprocessor}`, preprocessor].find((path) => paths.includes(path));
  return config === undefined ? weights : [...weights, config];
}

function licenceOf(card: unknown): Licence | undefined {
  if (!isFields(card)) return undefined;
  const named =
    card.license === "other" && typeof card.license_name === "string" ? card.license_name : card.license;
  const id = Array.isArray(named) ? named.join(", ") : named;
  if (typeof id !== "string" || id === "") return undefined;
  // Creative Commons and others say it in the name; of the rest nothing is known.
  const forbids = /(^|[-_ ])(nc|noncommercial|non-commercial|research)([-_ ]|$)/i.test(id);
  const permits = /^(apache-2\.0|mit|bsd(-[23]-clause)?|cc0-1\.0|cc-by(-sa)?-[34]\.0|isc|unlicense)$/i.test(
    id,
  );
  return { id, ...(forbids && { commercial: false }), ...(permits && { commercial: true }) };
}

/** What a person can do about the answer. */
function explained(error: unknown, handle: string, revision: string | undefined): unknown {
  const status =
    error instanceof HubApiError ? error.statusCode : error instanceof Setback ? error.status : undefined;
  if (status === 404 || status === 400) {
    const at = revision === undefined ? "" : ` at ${revision}`;
    return new NoModelError(
      {
        what: `There is no ${handle}${at}.`,
        why: "It does not exist, has another name or revision, or is hidden from you.",
        next: "Check the name on its page; for a private one set HF_TOKEN.",
      },
      { handle, status },
    );
  }
  if (status === 401 || status === 403) {
    return new NoModelError(
      {
        what: `${handle} is not given to everybody.`,
        why: "Its owners ask for an account, or for consent to their terms.",
        next: "Accept the terms on its page, make an access token there and set HF_TOKEN to it.",
      },
      { handle, status },
    );
  }
  return error;
}
