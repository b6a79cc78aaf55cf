import { NoModelError } from "../errors.ts";
import { isFileName } from "../record.ts";
import { type ArchiveEntry, refused } from "./archive.ts";

/** More files than any model has beside it. */
const mostFiles = 1000;

/** The model of an archive and all that lies beside it, under the names that they get in the model's folder. */
export interface ChosenFiles {
  /** The model's own name, one of `files`. */
  readonly model: string;
  /** Their paths in the archive, by their names. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Which of an archive's files are the model: the only ONNX file, or the one that is named, with everything in its folder,
 * since weights beside a model may have any name. Deeper folders hold sample data. Throws NoModelError that lists what there
 * is, and ModelArchiveError where too much lies beside the model.
 */
export function chooseFiles(
  entries: readonly ArchiveEntry[],
  { archive, handle, named }: { archive: string; handle: string; named?: string | undefined },
): ChosenFiles {
  const path = chooseModel(entries, handle, named);
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const beside = entries
    .map((entry) => entry.path)
    .filter((one) => one === path || (one.startsWith(folder) && isBeside(one.slice(folder.length))));
  if (beside.length > mostFiles)
    throw refused(archive, `${beside.length} files lie beside its model, more than ${mostFiles}`);
  return {
    model: path.slice(folder.length),
    files: new Map(beside.map((one) => [one.slice(folder.length), one])),
  };
}

/** Files of the model's own folder; other models have weights of their own, and hidden files are a file system's. */
function isBeside(name: string): boolean {
  return isFileName(name) && !name.startsWith(".") && !isModel(name);
}

function chooseModel(entries: readonly ArchiveEntry[], handle: string, named: string | undefined): string {
  const models = entries.map(({ path }) => path).filter(isModel);
  const refuse = (what: string, next: string): NoModelError => new NoModelError({ what, next }, { handle });
  const list = models.slice(0, 8).join(", ") + (models.length > 8 ? ` and ${models.length - 8} more` : "");
  const [only] = models;
  if (only === undefined)
    throw refuse(
      `${handle} holds no ONNX file.`,
      "Tsugiki grafts on ONNX models; look for the same network with `tsugiki models search NAME`.",
    );
  if (named !== undefined) {
    if (models.includes(named)) return named;
    throw refuse(`The archive of ${handle} has no such ONNX file.`, `It has ${list}.`);
  }
  if (models.length === 1) return only;
  throw refuse(
    `${handle} holds ${models.length} ONNX files, and it is not plain which is meant: ${list}.`,
    `Add one to the address: ${handle}:${only}`,
  );
}

/** macOS packs a hidden "._model.onnx" beside each file. */
function isModel(path: string): boolean {
  return (
    /\.onnx$/i.test(path) && !path.split("/").some((name) => name.startsWith(".") || name === "__MACOSX")
  );
}
