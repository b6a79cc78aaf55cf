import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reason, UsageError } from "../core/errors.ts";
import { publishedName } from "../core/model-folder.ts";
import { parseHandle } from "../hub/parse.ts";
import { readClassifierFile } from "./classifier-node.ts";
import { PublishError } from "./errors.ts";
import { documentsOf } from "./export/documents.ts";
import { keepRevision, revisionIn } from "./keep-revision-node.ts";
import { openHub } from "./models/hub-node.ts";
import { readRun } from "./report/run-node.ts";
import { ResultFolder } from "./result-folder-node.ts";
import { version } from "./version-node.ts";

export interface PublishOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** A hub's folder (see `hub serve`), or `hf:me/flowers`. */
  readonly to: string;
  /** What it is called in a hub's folder: small letters, digits, "-", "_" and ".". Default: the run's name. */
  readonly name?: string | undefined;
  /** On Hugging Face: for its owners' eyes alone, where the repository is new. Default false. */
  readonly private?: boolean | undefined;
}

export interface Published {
  /** What others write after --base, or to pull it; of a folder, behind the address that `hub serve` tells. */
  readonly handle: string;
  /** The folder, or the page. */
  readonly where: string;
  readonly files: readonly string[];
  /** Of a folder: what it is at now, for handles that pin it (`…/flowers@REVISION`). Earlier ones stay. */
  readonly revision?: string;
}

type Content = ReadonlyMap<string, Uint8Array>;

/**
 * Publishes a trained classifier with its model card and labels. Others may predict with it, or graft on it; in a hub's folder
 * what was there before stays, under its revision. Throws
 * ClassifierError and RecordError for what is no run, UsageError for names that cannot be, PublishError where it is refused.
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const { file, bytes, record } = await readClassifierFile(options.model);
  const run = await readRun(options.model);
  const target = options.to.startsWith("hf:") ? parseHandle(options.to) : undefined;
  const name = target?.kind === "hf" ? target.repo : (options.name ?? basename(dirname(file)));
  const content: Content = new Map([
    ...documentsOf(name.split("/").at(-1)!, record, run),
    ["model.onnx", bytes],
  ]);
  const files = [...content.keys()];
  if (target?.kind === "hf") return { ...(await upload(name, content, options)), files };
  checkName(name);
  const where = join(options.to, name);
  const folder = await ResultFolder.create(where, run.record.data.path);
  await keeping(where, content);
  // The model last: a hub that reads in between has the old one whole.
  for (const [path, text] of content) await folder.write(path, text);
  const revision = await revisionIn(where);
  return { handle: name, where, files, ...(revision !== undefined && { revision }) };
}

/** Keeps what is published now, unless the same is published again. Throws PublishError. */
async function keeping(where: string, content: Content): Promise<void> {
  try {
    const same = await Promise.all([...content].map(([path, bytes]) => holds(join(where, path), bytes)));
    if (!same.every(Boolean)) await keepRevision(where);
  } catch (cause) {
    throw new PublishError(
      {
        what: `The revision that ${where} is at could not be kept:`,
        why: `${reason(cause)}.`,
        next: "Nothing was published. Make room, or publish under another name (--name).",
      },
      { repo: where },
      { cause },
    );
  }
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  return readFile(path).then(
    (found) => found.equals(bytes),
    () => false,
  );
}

function checkName(name: string): void {
  if (publishedName.test(name)) return;
  throw new UsageError(
    {
      what: `A model on a hub cannot be called "${name}".`,
      why: "Its name stands in addresses and in handles.",
      next: 'Give one of small letters, digits, "-", "_" and ".": --name flowers',
    },
    { option: "name", value: name },
  );
}

async function upload(
  repo: string,
  content: Content,
  options: PublishOptions,
): Promise<Omit<Published, "files">> {
  const { endpoint, token } = openHub().world(`hf:${repo}`, undefined);
  if (token === undefined) {
    throw new UsageError(
      {
        what: `Nobody is named who publishes ${repo}.`,
        next: "Make an access token that may write on Hugging Face's settings page, and set HF_TOKEN to it.",
      },
      { option: "HF_TOKEN", value: "" },
    );
  }
  const { createRepo, HubApiError, uploadFiles } = await import("@huggingface/hub");
  const account = { repo: { type: "model" as const, name: repo }, hubUrl: endpoint, accessToken: token };
  const isThere = (error: unknown): boolean => error instanceof HubApiError && error.statusCode === 409;
  try {
    await createRepo({ ...account, visibility: options.private ? "private" : "public" }).catch(
      (error: unknown) => {
        if (!isThere(error)) throw error;
      },
    );
    const files = [...content].map(([path, bytes]) => ({ path, content: new Blob([bytes as BlobPart]) }));
    await uploadFiles({ ...account, files, commitTitle: `Published by Tsugiki ${version}` });
  } catch (cause) {
    throw new PublishError(
      {
        what: `${repo} could not be published:`,
        why: `${reason(cause)}.`,
        next: "Check that HF_TOKEN may write there, and try again: what is there already is not sent twice.",
      },
      { repo },
      { cause },
    );
  }
  return { handle: `hf:${repo}`, where: `${endpoint}/${repo}` };
}
