import { DatasetError } from "../errors.ts";
import type { Part, Sample } from "../sample.ts";
import type { FileTree, Listing, TreeFile } from "../tree.ts";
import { cifar10Names, cifar100Names } from "./cifar-names.ts";
import type { Layout } from "./layout.ts";

const side = 32;
const plane = side * side;

/** How one of the two binary versions is laid out. */
interface Version {
  readonly layout: string;
  /** The part a file belongs to by its name, undefined for other files. */
  partOf(path: string): Part | undefined;
  /** Label bytes before the pixels; the last one is read. */
  readonly labelBytes: number;
  readonly namesFile: string;
  readonly names: readonly string[];
}

const versions: readonly Version[] = [
  {
    layout: "cifar-10",
    partOf: (path) =>
      /^data_batch_\d+\.bin$/.test(path) ? "train" : path === "test_batch.bin" ? "test" : undefined,
    labelBytes: 1,
    namesFile: "batches.meta.txt",
    names: cifar10Names,
  },
  {
    layout: "cifar-100",
    partOf: (path) => (path === "train.bin" ? "train" : path === "test.bin" ? "test" : undefined),
    labelBytes: 2,
    namesFile: "fine_label_names.txt",
    names: cifar100Names,
  },
];

/** The binary versions of CIFAR-10 and CIFAR-100: label bytes, then 1,024 red, green and blue bytes a picture. */
export const cifar: Layout = {
  name: "cifar",
  looks:
    "CIFAR-10 or CIFAR-100, binary version: data_batch_1.bin and test_batch.bin, or train.bin and test.bin",

  async detect(tree) {
    const listing = await tree.list();
    return versions.some((version) => batchesOf(version, listing).length > 0);
  },

  async read(tree, { signal }) {
    const listing = await tree.list();
    const version = versions.find((one) => batchesOf(one, listing).length > 0);
    if (version === undefined)
      throw broken(tree, "holds no CIFAR batches", "Name the folder with the .bin files.");
    const names = await namesOf(version, tree);
    const batches = batchesOf(version, listing);
    const samples: Sample[] = [];
    for (const { file, part } of batches) {
      signal?.throwIfAborted();
      for (const sample of await readBatch(tree, version, file, part, names)) samples.push(sample);
    }
    const own = new Set([
      version.namesFile,
      "coarse_label_names.txt",
      ...batches.map(({ file }) => file.path),
    ]);
    const rest = listing.files.filter(({ path }) => !own.has(path));
    const ignored = rest.map(({ path }) => ({ path, reason: "no part of CIFAR" }));
    return { layout: version.layout, classes: names, samples, ignored };
  },
};

function batchesOf(version: Version, { files }: Listing): { file: TreeFile; part: Part }[] {
  return files.flatMap((file) => {
    const part = version.partOf(file.path);
    return part === undefined ? [] : [{ file, part }];
  });
}

async function namesOf(version: Version, tree: FileTree): Promise<readonly string[]> {
  if ((await tree.find(version.namesFile)) === undefined) return version.names;
  const text = new TextDecoder().decode(await tree.read(version.namesFile, 2 ** 20));
  const names = text
    .split(/\r?\n/)
    .map((line) => line.trim().normalize("NFC"))
    .filter(Boolean);
  if (new Set(names).size === names.length && names.length > 0) return names;
  const why = `has a ${version.namesFile} with ${names.length === 0 ? "no name" : "one name twice"}`;
  throw broken(tree, why, "Correct it, or remove it for the usual names.");
}

/** Reads the labels in one pass and lets the bytes go: each picture is read again from its place when wanted. */
async function readBatch(
  tree: FileTree,
  version: Version,
  file: TreeFile,
  part: Part,
  names: readonly string[],
): Promise<Sample[]> {
  const record = version.labelBytes + plane * 3;
  if (file.size === 0 || file.size % record !== 0) {
    const why = `has a ${file.path} of ${file.size} bytes, which is no multiple of ${record}`;
    throw broken(tree, why, "Download the binary version anew; the Python and Matlab versions are not read.");
  }
  const bytes = await tree.read(file.path);
  return Array.from({ length: bytes.length / record }, (_, i) => {
    const value = bytes[i * record + version.labelBytes - 1] ?? 0;
    const label = names[value];
    if (label === undefined) {
      const why = `gives label ${value} to picture ${i} of ${file.path}, but names ${names.length} classes`;
      throw broken(tree, why, "Download it anew.");
    }
    const start = i * record + version.labelBytes;
    const read = async (): Promise<Uint8Array> =>
      interleave(await tree.readRange(file.path, start, plane * 3));
    return {
      id: `${file.path}#${i}`,
      label,
      part,
      content: { kind: "pixels", width: side, height: side, read },
    };
  });
}

/** Three planes R, G, B into pixels RGB. */
function interleave(planes: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(plane * 3);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = planes[c * plane + i] ?? 0;
  }
  return rgb;
}

function broken(tree: FileTree, why: string, next: string): DatasetError {
  return new DatasetError({ what: `${tree.path} ${why}.`, next }, { path: tree.path });
}
