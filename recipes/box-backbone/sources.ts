import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Source } from "./views.ts";

/** Tiny ImageNet's training pictures, in an order of their names; the folder holds train/CLASS/images/*.JPEG. */
export async function tinyImageNet(folder: string): Promise<readonly Source[]> {
  const train = join(folder, "train");
  const classes = (await readdir(train)).sort();
  const lists = classes.map(async (name, label) => {
    const images = join(train, name, "images");
    return (await readdir(images)).sort().map((file): Source => ({ file: join(images, file), label }));
  });
  return mixed((await Promise.all(lists)).flat());
}

/** Every picture below the folders; classes are not asked. */
export async function photos(folders: readonly string[]): Promise<readonly Source[]> {
  const known = new Set([".jpg", ".jpeg", ".png"]);
  const lists = folders.map(async (folder) => {
    const entries = await readdir(folder, { recursive: true });
    return entries
      .filter((name) => known.has(extname(name).toLowerCase()))
      .sort()
      .map((name): Source => ({ file: join(folder, name), label: -1 }));
  });
  return mixed((await Promise.all(lists)).flat());
}

/** A fixed order in which neighbours have nothing to do with each other, so that each shard is a sample of all. */
function mixed(sources: readonly Source[]): readonly Source[] {
  const stride = 7919;
  const count = sources.length;
  if (count % stride === 0) return sources;
  return Array.from({ length: count }, (_, i) => sources[(i * stride) % count]!);
}
