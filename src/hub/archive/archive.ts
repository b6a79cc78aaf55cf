import { ModelArchiveError } from "../errors.ts";

/** How an archive is packed. */
export type ArchiveFormat = "tar" | "zip";

/** An archive that was looked through from end to end: nothing in it leads out of it. */
export interface Archive {
  /** Its regular files. */
  readonly entries: readonly ArchiveEntry[];
  /** Writes some of them to files that are not there yet: where each goes, by its path. */
  unpack(targets: ReadonlyMap<string, string>, signal?: AbortSignal): Promise<void>;
}

export interface ArchiveEntry {
  /** "/" between names, none of which is empty, "." or "..". */
  readonly path: string;
  readonly bytes: number;
}

/** What an archive may hold; more is taken for a bomb. */
export interface ArchiveLimits {
  /** Files and folders together. */
  readonly entries: number;
  /** Unpacked, all together. */
  readonly bytes: number;
  /** Unpacked over packed bytes. Weights hardly shrink, zeros shrink a thousandfold. */
  readonly ratio: number;
  /** Below so many bytes unpacked, the ratio is nobody's concern. */
  readonly harmless: number;
}

export const usualLimits: ArchiveLimits = {
  entries: 10_000,
  bytes: 8 * 1024 ** 3,
  ratio: 100,
  harmless: 64 * 1024 ** 2,
};

const formats: readonly (readonly [ArchiveFormat, RegExp])[] = [
  ["tar", /\.(?:tar|tar\.gz|tgz)$/i],
  ["zip", /\.zip$/i],
];

/** How a file of this name is packed, where it is an archive of a kind that is unpacked. */
export function archiveFormat(name: string): ArchiveFormat | undefined {
  return formats.find(([, ending]) => ending.test(name))?.[0];
}

/** Bytes that an archive of so many bytes may grow to. */
export function mostBytes(packed: number, { bytes, ratio, harmless }: ArchiveLimits): number {
  return Math.min(bytes, Math.max(harmless, packed * ratio));
}

/** Takes note of an archive's entries one after another. Throws ModelArchiveError for what no archive of a model holds. */
export class EntryList {
  readonly #archive: string;
  readonly #limits: ArchiveLimits;
  readonly #most: number;
  readonly #files = new Map<string, ArchiveEntry>();
  /** By what a file system that does not tell A from a takes for the same. */
  readonly #taken = new Set<string>();
  #entries = 0;
  #bytes = 0;

  constructor(archive: string, packed: number, limits: ArchiveLimits) {
    this.#archive = archive;
    this.#limits = limits;
    this.#most = mostBytes(packed, limits);
  }

  get files(): readonly ArchiveEntry[] {
    return [...this.#files.values()];
  }

  /** `kind` is the entry's own word for what it is, where it is neither file nor folder. */
  add(name: string, bytes: number, kind: "file" | "folder" | { readonly other: string }): void {
    this.#entries++;
    if (this.#entries > this.#limits.entries)
      throw refused(this.#archive, `it holds more than ${this.#limits.entries} files and folders`);
    const path = entryPath(name, this.#archive);
    if (typeof kind === "object")
      throw refused(this.#archive, `${shown(name)} is a ${kind.other}, not a file`, path);
    if (kind === "folder") return;
    if (path === "") throw refused(this.#archive, `its entry ${shown(name)} has no name`);
    this.#bytes += bytes;
    if (this.#bytes > this.#most) throw tooMuch(this.#archive, this.#most);
    const key = path.normalize("NFC").toLowerCase();
    if (this.#taken.has(key)) throw refused(this.#archive, `it holds ${shown(path)} twice`, path);
    this.#taken.add(key);
    this.#files.set(path, { path, bytes });
  }
}

/** An entry's name as a path inside the archive. Throws ModelArchiveError for names that lead out of it. */
export function entryPath(name: string, archive: string): string {
  const refuse = (why: string): ModelArchiveError =>
    refused(archive, `its entry ${shown(name)} ${why}`, name);
  if (name.length > 1024) throw refuse("has a name of more than 1,024 characters");
  if (/[\p{Cc}\\]/u.test(name)) throw refuse("has a backslash or a control character in its name");
  if (name.startsWith("/") || /^[a-z]:/i.test(name)) throw refuse("has an absolute path");
  const names = name.replace(/\/$/, "").split("/");
  if (names.includes("..")) throw refuse("leads out of the archive");
  if (names.some((one) => one.length > 255)) throw refuse("has a name of more than 255 characters");
  if (names.length > 64) throw refuse("lies more than 64 folders deep");
  if (names.includes("") && names.length > 1) throw refuse("has an empty name in its path");
  return names.filter((one) => one !== ".").join("/");
}

export function refused(archive: string, why: string, entry?: string): ModelArchiveError {
  return new ModelArchiveError(
    {
      what: `${archive} is refused:`,
      why: `${why}. Nothing of it was kept.`,
      next: "Check where it comes from, or unpack it yourself and give the path of the .onnx file.",
    },
    { archive, ...(entry !== undefined && { entry }) },
  );
}

export function damaged(archive: string, why: string, cause?: unknown): ModelArchiveError {
  return new ModelArchiveError(
    {
      what: `${archive} cannot be unpacked:`,
      why: `${why.replace(/\.$/, "")}. Nothing of it was kept.`,
      next: "Pull it again; if it stays so, tell its publisher.",
    },
    { archive },
    { cause },
  );
}

export function tooMuch(archive: string, most: number): ModelArchiveError {
  return refused(archive, `it unpacks to more than ${most} bytes, as archives made to fill disks do`);
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));
