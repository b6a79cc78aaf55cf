import { randomUUID } from "node:crypto";
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/hash.ts";
import { checkFile, type Digest } from "./digest-node.ts";
import { locked } from "./lock-node.ts";
import { type ModelRecord, parseRecord, type RecordedFile, recordName } from "./record.ts";

/** A model in the cache. */
export interface StoredModel {
  readonly record: ModelRecord;
  /** Where its files lie, under the names that the record gives. */
  readonly folder: string;
  /** Whether all of them are there in their sizes. */
  readonly whole: boolean;
  /** Whether they were removed to make room; the model is still remembered, so that it comes back the same. */
  readonly evicted: boolean;
  /** When it was last asked for, in milliseconds. */
  readonly used: number;
}

const hashName = /^[0-9a-f]{64}$/;
const partName = /^[0-9a-f]{64}\.part(\.json)?$/;

/**
 * The pulled models under a folder: `blobs/` holds files by the hash of their bytes, `models/KEY/` a record and the model's
 * files under their own names (the same bytes on the disk), `parts/` what is under way, `locks/` who is at it.
 */
export class ModelStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The model that a handle stands for, if it was ever pulled. */
  async find(handle: string): Promise<StoredModel | undefined> {
    return this.#read(await sha256(handle));
  }

  /** All models, the last used first. */
  async list(): Promise<StoredModel[]> {
    const keys = (await names(join(this.#root, "models"))).filter((name) => hashName.test(name));
    const models = await Promise.all(keys.map((key) => this.#read(key)));
    return models.filter((model) => model !== undefined).sort((a, b) => b.used - a.used);
  }

  /** Runs `work` while no other process pulls what this key names. */
  async exclusively<T>(
    key: string,
    work: () => Promise<T>,
    options?: Parameters<typeof locked>[2],
  ): Promise<T> {
    return locked(join(this.#root, "locks", await sha256(key)), work, options);
  }

  /** Where a file that is known by this text is downloaded to. */
  async part(identity: string): Promise<string> {
    await mkdir(join(this.#root, "parts"), { recursive: true });
    return join(this.#root, "parts", `${await sha256(identity)}.part`);
  }

  /** Whether the bytes of this hash are here, read and hashed anew; what rotted is removed. */
  async hasBlob(hash: string): Promise<boolean> {
    const path = this.#blob(hash);
    const found = await checkFile(path, { sha256: hash }).catch(() => undefined);
    if (found === undefined) return false;
    if (found.differs !== undefined) await rm(path, { force: true });
    return found.differs === undefined;
  }

  /** Takes a checked file into the blobs. */
  async keepBlob(file: string, hash: string): Promise<void> {
    await mkdir(join(this.#root, "blobs"), { recursive: true });
    await rename(file, this.#blob(hash));
  }

  /** Takes a copy of somebody else's file into the blobs, if it is what was meant; answers its hash. */
  async adopt(file: string, digest: Digest): Promise<string | undefined> {
    const part = await this.part(`${file} ${randomUUID()}`);
    try {
      await copyFile(file, part);
      const found = await checkFile(part, digest);
      if (found.differs !== undefined) return undefined;
      await this.keepBlob(part, found.sha256);
      return found.sha256;
    } catch {
      return undefined;
    } finally {
      await rm(part, { force: true });
    }
  }

  /**
   * Lays the model's folder out from the blobs, the record last: without it there is no model. Undefined where another
   * process swept a blob away in between: bring it again.
   */
  async add(record: ModelRecord): Promise<StoredModel | undefined> {
    return this.exclusively(sweeping, async () => {
      for (const file of record.files)
        if ((await sizeOf(this.#blob(file.sha256))) !== file.bytes) return undefined;
      return this.#layOut(record);
    });
  }

  async #layOut(record: ModelRecord): Promise<StoredModel | undefined> {
    const key = await sha256(record.handle);
    const folder = this.#folder(key);
    const stage = `${folder}.${randomUUID()}`;
    await mkdir(stage, { recursive: true });
    try {
      for (const file of record.files) await this.#lay(file, join(stage, file.path));
      await writeFile(join(stage, recordName), `${JSON.stringify(record, null, 2)}\n`);
      await rm(folder, { recursive: true, force: true });
      await rename(stage, folder);
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
    return this.#read(key);
  }

  /** Notes that a model was asked for, which keeps it longest. */
  async touch({ folder }: StoredModel): Promise<void> {
    const now = new Date();
    await utimes(join(folder, recordName), now, now).catch(() => {});
  }

  /** The files of a model whose bytes are not what was pulled, or that are gone. */
  async damaged({ record, folder }: StoredModel): Promise<readonly RecordedFile[]> {
    const damaged: RecordedFile[] = [];
    for (const file of record.files) {
      const found = await checkFile(join(folder, file.path), file).catch(() => undefined);
      if (found === undefined || found.differs !== undefined) damaged.push(file);
    }
    return damaged;
  }

  /** Removes a model and whatever belongs to no other; answers the bytes freed. */
  async remove({ folder }: StoredModel): Promise<number> {
    await rm(folder, { recursive: true, force: true });
    return this.#sweep();
  }

  /** Makes room: files of the models longest unused go until all together take no more than `bytes`; their records stay. */
  async evict(bytes: number, keep: ModelRecord): Promise<readonly ModelRecord[]> {
    const evicted: ModelRecord[] = [];
    const models = (await this.list()).filter(({ whole }) => whole);
    for (const { record, folder } of models.reverse()) {
      if ((await this.size()) <= bytes) break;
      if (record.handle === keep.handle) continue;
      for (const { path } of record.files) await rm(join(folder, path), { force: true });
      await this.#sweep();
      evicted.push(record);
    }
    return evicted;
  }

  /** Bytes of all that was pulled. */
  async size(): Promise<number> {
    let bytes = 0;
    for (const name of await this.#blobs()) bytes += await sizeOf(this.#blob(name));
    return bytes;
  }

  /** Removes blobs that no model has, and parts that nobody came back for; only names that this class gives. */
  async #sweep(): Promise<number> {
    return this.exclusively(sweeping, async () => {
      await this.#forgetParts();
      return this.#removeUnused();
    });
  }

  async #forgetParts(): Promise<void> {
    const parts = join(this.#root, "parts");
    for (const name of await names(parts)) {
      if (!partName.test(name)) continue;
      const { mtimeMs } = await stat(join(parts, name)).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > partDays * 86_400_000) await rm(join(parts, name), { force: true });
    }
  }

  async #removeUnused(): Promise<number> {
    const used = new Set(
      (await this.list())
        .filter(({ whole }) => whole)
        .flatMap(({ record }) => record.files.map((file) => file.sha256)),
    );
    let freed = 0;
    for (const name of await this.#blobs()) {
      if (used.has(name)) continue;
      freed += await sizeOf(this.#blob(name));
      await rm(this.#blob(name), { force: true });
    }
    return freed;
  }

  async #lay({ sha256: hash }: RecordedFile, path: string): Promise<void> {
    // The same bytes on the disk twice over where the file system cannot give them two names.
    await link(this.#blob(hash), path).catch(() => copyFile(this.#blob(hash), path));
  }

  async #read(key: string): Promise<StoredModel | undefined> {
    const folder = this.#folder(key);
    const path = join(folder, recordName);
    const record = await readFile(path, "utf8").then(parseRecord, () => undefined);
    if (record === undefined || (await sha256(record.handle)) !== key) return undefined;
    const sizes = await Promise.all(record.files.map((file) => sizeOf(join(folder, file.path))));
    const whole = record.files.every(({ bytes }, i) => sizes[i] === bytes);
    const used = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    const evicted = sizes.every((size) => size === missing);
    return { record, folder, whole, evicted, used };
  }

  async #blobs(): Promise<string[]> {
    return (await names(join(this.#root, "blobs"))).filter((name) => hashName.test(name));
  }

  #blob(hash: string): string {
    return join(this.#root, "blobs", hash);
  }

  #folder(key: string): string {
    return join(this.#root, "models", key);
  }
}

/** The key under which folders are laid out and blobs swept away: never both at once. */
const sweeping = "blobs";
/** How long an interrupted download waits to be gone on with. */
const partDays = 7;

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

const missing = -1;

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => missing,
  );
}
