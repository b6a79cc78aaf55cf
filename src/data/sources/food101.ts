import { DatasetError } from "../errors.ts";
import { isPictureName, strayReason } from "../names.ts";
import type { Part } from "../sample.ts";
import type { FileTree } from "../tree.ts";
import { sampleOf, separate } from "./class-folders.ts";
import type { Layout } from "./layout.ts";

/** The lists that are read, and so are no strays. */
const own = new Set(["meta/train.txt", "meta/test.txt", "meta/classes.txt"]);

/** Bytes of a list of names at most. */
const listLimit = 64 * 2 ** 20;

/**
 * Food-101 (Bossard, Guillaumin and Van Gool 2014): images/CLASS/ID.jpg, with meta/train.txt and meta/test.txt
 * naming "CLASS/ID" line by line and meta/classes.txt the order of the classes.
 */
export const food101: Layout = {
  name: "food-101",
  looks: "Food-101: images/apple_pie/1.jpg with meta/train.txt, meta/test.txt and meta/classes.txt",

  async detect(tree) {
    const { files } = await tree.list();
    const lists = files.filter(({ path }) => path === "meta/train.txt" || path === "meta/test.txt").length;
    return lists === 2 && files.some(({ path }) => path.startsWith("images/"));
  },

  async read(tree) {
    const { files } = await tree.list();
    const parts = new Map<string, Part>();
    for (const part of ["train", "test"] as const) {
      for (const name of await lines(tree, `meta/${part}.txt`)) {
        if (parts.has(name) && parts.get(name) !== part) throw conflict(tree, name);
        parts.set(name, part);
      }
    }
    const rest = files.filter(({ path }) => !own.has(path));
    const found = rest.map((file) => {
      const name = file.path.slice("images/".length).replace(/\.[^./]*$/, "");
      const part = file.path.startsWith("images/") && isPictureName(file.path) ? parts.get(name) : undefined;
      if (part !== undefined) {
        parts.delete(name);
        return sampleOf(tree, file, name.slice(0, Math.max(0, name.lastIndexOf("/"))), part);
      }
      const reason = isPictureName(file.path) ? "named by neither list" : strayReason(file.path);
      return { path: file.path, reason };
    });
    const missing = [...parts.keys()].map((name) => ({
      path: `images/${name}.jpg`,
      reason: "listed, but no such file",
    }));
    const { samples, ignored } = separate(found);
    const hasClasses = (await tree.find("meta/classes.txt")) !== undefined;
    const classes = hasClasses ? await lines(tree, "meta/classes.txt") : undefined;
    return { samples, ignored: [...ignored, ...missing], ...(classes && { classes }) };
  },
};

async function lines(tree: FileTree, path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await tree.read(path, listLimit));
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().normalize("NFC"))
    .filter(Boolean);
}

function conflict(tree: FileTree, name: string): DatasetError {
  return new DatasetError(
    {
      what: `${name} stands in both meta/train.txt and meta/test.txt of ${tree.path}.`,
      why: "A picture belongs to one part.",
      next: "Take it out of one of them.",
    },
    { path: tree.path },
  );
}
