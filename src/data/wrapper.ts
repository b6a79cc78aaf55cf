import { isListName, isPictureName } from "./names.ts";
import { partOfFolder } from "./parts.ts";

/**
 * The one top folder that wraps everything, with its closing "/", or "" where none does. A folder that means
 * something itself stays: one named for a part ("train"), and one that holds pictures directly, which is a class
 * unless a list lies beside them.
 */
export function topFolder(files: readonly string[], folders: readonly string[]): string {
  let wrapper = "";
  for (;;) {
    const tops = new Set<string>();
    for (const folder of folders) {
      if (folder.length > wrapper.length && folder.startsWith(wrapper))
        tops.add(folder.slice(wrapper.length).split("/", 1)[0] ?? "");
    }
    const [top] = tops;
    if (tops.size !== 1 || top === undefined || partOfFolder(top) !== undefined) return wrapper;
    const next = `${wrapper}${top}/`;
    const direct = files.filter((file) => !file.slice(next.length).includes("/"));
    const holdsPictures = direct.some(isPictureName) && !direct.some(isListName);
    if (holdsPictures || !files.every((file) => file.startsWith(next))) return wrapper;
    wrapper = next;
  }
}
