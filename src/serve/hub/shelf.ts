import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  earlierRevisions,
  publishedFile,
  publishedName,
  revisionName,
  revisionOf,
} from "../../core/model-folder.ts";

/** A file of a published model. */
export interface ShelvedFile {
  /** Its name in the model's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** git's name of the same bytes. */
  readonly gitOid: string;
}

/** A model that a hub's folder holds. */
export interface ShelvedModel {
  readonly name: string;
  /** Where its files lie. */
  readonly folder: string;
  /** Changes with any byte of any file: 40 hexadecimal digits, as a commit has. */
  readonly commit: string;
  readonly files: readonly ShelvedFile[];
  /** The model card's text, without what stands in front for machines. */
  readonly readme: string;
  readonly licence: string | null;
  readonly changed: Date;
}

const readmeBytes = 1024 ** 2;

/**
 * The models of a hub's folder, a folder each, read anew when they change. What has odd names, is hidden or is a link is not
 * published.
 */
export class Shelf {
  readonly #folder: string;
  readonly #hashes = new Map<string, { readonly mark: string; readonly file: ShelvedFile }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All models, by name. */
  async list(): Promise<readonly ShelvedModel[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && publishedName.test(entry.name))
      .map(({ name }) => name);
    const models: ShelvedModel[] = [];
    for (const name of names.sort()) {
      const model = await this.find(name);
      if (model !== undefined) models.push(model);
    }
    return models;
  }

  /**
   * A model at a revision: the newest, by any of the usual names or its own, or an earlier one that was kept. Undefined where
   * there is none, and where what was kept is not what it was.
   */
  async find(name: string, revision = "main"): Promise<ShelvedModel | undefined> {
    if (!publishedName.test(name)) return undefined;
    const folder = join(this.#folder, name);
    const newest = await this.#read(name, folder);
    if (newest === undefined || ["main", "HEAD", newest.commit].includes(revision)) return newest;
    if (!(await this.#kept(folder)).includes(revision)) return undefined;
    const earlier = await this.#read(name, join(folder, earlierRevisions, revision));
    return earlier?.commit === revision ? earlier : undefined;
  }

  /** A model's earlier revisions, the last first. */
  async earlier({ name, commit }: ShelvedModel): Promise<readonly ShelvedModel[]> {
    const folder = join(this.#folder, name);
    const kept = (await this.#kept(folder)).filter((revision) => revision !== commit);
    const models = await Promise.all(kept.map((revision) => this.find(name, revision)));
    return models.filter((model) => model !== undefined).sort((a, b) => +b.changed - +a.changed);
  }

  async #kept(folder: string): Promise<string[]> {
    const entries = await readdir(join(folder, earlierRevisions), { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isDirectory() && revisionName.test(entry.name))
      .map(({ name }) => name);
  }

  /** What a folder holds; undefined where there is no ONNX file. */
  async #read(name: string, folder: string): Promise<ShelvedModel | undefined> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((entry) => entry.isFile() && publishedFile.test(entry.name))
      .map((entry) => entry.name);
    if (!paths.some((path) => path.endsWith(".onnx"))) return undefined;
    const files = await Promise.all(paths.sort().map((path) => this.#file(folder, path)));
    const times = await Promise.all(paths.map(async (path) => (await stat(join(folder, path))).mtimeMs));
    const commit = await revisionOf(files);
    const card = files.find(({ path }) => path === "README.md");
    const text = card && card.bytes <= readmeBytes ? await readFile(join(folder, card.path), "utf8") : "";
    return { name, folder, commit, files, ...parseCard(text), changed: new Date(Math.max(...times)) };
  }

  async #file(folder: string, path: string): Promise<ShelvedFile> {
    const whole = join(folder, path);
    const { size, mtimeMs } = await stat(whole);
    const mark = `${size} ${mtimeMs}`;
    const known = this.#hashes.get(whole);
    if (known?.mark === mark) return known.file;
    const [hash, blob] = [createHash("sha256"), createHash("sha1").update(`blob ${size}\0`)];
    for await (const chunk of createReadStream(whole)) {
      hash.update(chunk as Buffer);
      blob.update(chunk as Buffer);
    }
    const file = { path, bytes: size, sha256: hash.digest("hex"), gitOid: blob.digest("hex") };
    this.#hashes.set(whole, { mark, file });
    return file;
  }
}

/** The card's text, and the licence that stands in front of it. */
function parseCard(text: string): Pick<ShelvedModel, "readme" | "licence"> {
  const [whole = "", front = ""] = /^---\n(.*?)\n---\n/s.exec(text) ?? [];
  const [, licence = null] = /^license:\s*"?([^"\n]+?)"?\s*$/m.exec(front) ?? [];
  return { readme: text.slice(whole.length).trim(), licence };
}
