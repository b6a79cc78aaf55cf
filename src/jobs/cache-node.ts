import { homedir } from "node:os";
import { join } from "node:path";
import { openRowStore } from "../data/row-store-node.ts";
import type { OpenStore } from "../train/extract.ts";

/** Where computed features are kept: $TSUGIKI_CACHE, else the platform's cache folder. */
export function cacheFolder(): string {
  const { TSUGIKI_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (TSUGIKI_CACHE) return TSUGIKI_CACHE;
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "tsugiki");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "tsugiki", "Cache");
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "tsugiki");
}

/** Stores under this cache folder, one a key. */
export function storesIn(folder: string): OpenStore {
  return (key, rowBytes) => openRowStore(join(folder, "features", key), rowBytes);
}
