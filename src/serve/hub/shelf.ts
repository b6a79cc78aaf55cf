import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

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
  /** Changes with any byte of any file: 40 hexadecimal digits, as a commit has. */
  readonly commit: string;
  readonly files: readonly ShelvedFile[];
  /** The model card's text, without what stands in front for machines. */
  readonly readme: string;
  readonly licence: string | null;
  readonly changed: Date;
}

const modelName = /^[a-z0-9][a-z0-9._-]{0,95}$/;
const fileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;
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
      .filter((entry) => entry.isDirectory() && modelName.test(entry.name))
      .map(({ name }) => name);
    const models: ShelvedModel[] = [];
    for (const name of names.sort()) {
      const model = await this.find(name);
      if (model !== undefined) models.push(model);
    }
    return models;
  }

  /** A model that holds an ONNX file; undefined where there is none of that name. */
  async find(name: string): Promise<ShelvedModel | undefined> {
    if (!modelName.test(name)) return undefined;
    const folder = join(this.#folder, name);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((entry) => entry.isFile() && fileName.test(entry.name))
      .map((entry) => entry.name);
    if (!paths.some((path) => path.endsWith(".onnx"))) return undefined;
    const files = await Promise.all(paths.sort().map((path) => this.#file(folder, path)));
    const times = await Promise.all(paths.map(async (path) => (await stat(join(folder, path))).mtimeMs));
    const contents = files.map(({ path, sha256 }) => `${path} ${sha256}`).join("\n");
    const commit = createHash("sha256").update(contents).digest("hex").slice(0, 40);
    const card =
      paths.includes("README.md") && files.find(({ path }) => path === "README.md")!.bytes <= readmeBytes;
    const text = card ? await readFile(join(folder, "README.md"), "utf8") : "";
    return { name, commit, files, ...parseCard(text), changed: new Date(Math.max(...times)) };
  }

  /** Where a file of a model lies. */
  pathOf(model: ShelvedModel, { path }: ShelvedFile): string {
    return join(this.#folder, model.name, path);
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
