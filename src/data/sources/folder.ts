import { isPictureName } from "../names.ts";
import { checkClassFolders, foldersBelow, namesBelow, sampleOf, separate } from "./class-folders.ts";
import type { Layout } from "./layout.ts";

/** A folder for each class, its name the label; folders within a class count as that class. */
export const folderPerClass: Layout = {
  name: "folder-per-class",
  looks: "a folder for each class: cats/1.jpg, dogs/2.jpg",

  async detect(tree) {
    const { files } = await tree.list();
    return files.some(({ path }) => path.includes("/") && isPictureName(path));
  },

  async read(tree) {
    const listing = await tree.list();
    const found = listing.files.map((file) => {
      const [folder, ...rest] = namesBelow(file.path, "") ?? [];
      if (folder !== undefined && rest.length > 0) return sampleOf(tree, file, folder);
      return {
        path: file.path,
        reason: isPictureName(file.path) ? "a picture outside the class folders" : "no picture",
      };
    });
    const { samples, ignored } = separate(found);
    checkClassFolders(tree.path, foldersBelow(listing, ""), samples);
    return { samples, ignored };
  },
};
