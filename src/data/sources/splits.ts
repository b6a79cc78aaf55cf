import { isPictureName } from "../names.ts";
import { partOfFolder } from "../parts.ts";
import { checkClassFolders, foldersBelow, namesBelow, sampleOf, separate } from "./class-folders.ts";
import type { Layout } from "./layout.ts";

/** Folders named for the parts, each with a folder for each class. */
export const readySplits: Layout = {
  name: "ready-splits",
  looks: "ready splits: train/cats/1.jpg, val/cats/2.jpg, test/cats/3.jpg (any may be missing)",

  async detect(tree) {
    // "train" among "bus" and "car" is a class: only folders below it make it a part. "test" and "val" are parts beside
    // train, or where there is no other folder: such data can be measured.
    const { files } = await tree.list();
    const pictures = files.filter(({ path }) => path.includes("/") && isPictureName(path));
    const deep = pictures.map(({ path }) => path.split("/")).filter((names) => names.length > 2);
    const parts = new Set(deep.map(([top = ""]) => partOfFolder(top)));
    const tops = new Set(pictures.map(({ path }) => path.split("/", 1)[0] ?? ""));
    return (
      parts.has("train") || (deep.length > 0 && [...tops].every((top) => partOfFolder(top) !== undefined))
    );
  },

  async read(tree) {
    const listing = await tree.list();
    const found = listing.files.map((file) => {
      const [top = "", label, ...rest] = namesBelow(file.path, "") ?? [];
      const part = partOfFolder(top);
      if (part !== undefined && label !== undefined && rest.length > 0)
        return sampleOf(tree, file, label, part);
      if (!isPictureName(file.path)) return { path: file.path, reason: "no picture" };
      const outside = part === undefined ? "outside the folders of the parts" : "outside the class folders";
      return { path: file.path, reason: `a picture ${outside}` };
    });
    const { samples, ignored } = separate(found);
    const trains = foldersBelow(listing, "").filter((top) => partOfFolder(top) === "train");
    const folders = trains.flatMap((top) => foldersBelow(listing, `${top}/`));
    const trained = samples.filter((sample) => sample.part === "train");
    checkClassFolders(trains.map((top) => `${tree.path}/${top}`).join(", "), folders, trained);
    return { samples, ignored };
  },
};
