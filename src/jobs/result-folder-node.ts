import { rename, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reason } from "../core/errors.ts";
import { makeFolder } from "../core/folder-node.ts";
import { RecordError } from "../train/observers/errors.ts";
import { refuseInside } from "./run-files-node.ts";

/** A folder for some files, each written aside and put in place whole. */
export class ResultFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Throws RecordError where the folder cannot be made, UsageError where it would mix with `data`. */
  static async create(path: string, data: string): Promise<ResultFolder> {
    refuseInside(path, data);
    await writing(path, async () => makeFolder(path));
    return new ResultFolder(path);
  }

  /** Writes a file, in place of an earlier one, and answers its path. Throws RecordError. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const file = join(this.#path, name);
    const aside = join(this.#path, `.tsugiki-${process.pid}-${name}`);
    await writing(this.#path, async () => {
      await writeFile(aside, content);
      await rename(aside, file);
    });
    return file;
  }

  /** Takes the folder away again if nothing came of it. */
  async close(): Promise<void> {
    await rmdir(this.#path).catch(() => {});
  }
}

async function writing(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new RecordError(
      {
        what: `The folder ${JSON.stringify(path)} cannot be written to:`,
        why: `${reason(cause)}.`,
        next: "Name another.",
      },
      { path },
      { cause },
    );
  }
}
