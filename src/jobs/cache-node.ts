import { homedir } from "node:os";
import { join } from "node:path";
import type { RowStore } from "../data/row-store.ts";
import { openRowStore } from "../data/row-store-node.ts";
import type { OpenStore } from "../train/extract.ts";
import { ensureRoom } from "./disk-room-node.ts";
import { takeViewFolder } from "./view-folders-node.ts";

/** Where computed features are kept: $TSUGIKI_CACHE, else the platform's cache folder. */
export function cacheFolder(): string {
  const { TSUGIKI_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (TSUGIKI_CACHE) return TSUGIKI_CACHE;
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "tsugiki");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "tsugiki", "Cache");
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "tsugiki");
}

/** The cache as training needs it, in this folder or where it usually is: its stores, the room there must be for more, and the folder of bases made ready. */
export function cacheIn(folder: string = cacheFolder()) {
  return {
    openStore: storesIn(folder),
    ensureRoom: (bytes: number): Promise<void> => ensureRoom(folder, bytes),
    bases: join(folder, "bases"),
  };
}

/**
 * Stores under this cache folder, one a key. Views stand apart from features: those that earlier trainings left are
 * removed beyond `viewBudget` bytes, the longest unused first.
 */
export function storesIn(folder: string, viewBudget?: number): OpenStore {
  return (key, rowBytes, kind = "features") => {
    if (kind !== "views") return openRowStore(join(folder, kind, key), rowBytes);
    const taken = takeViewFolder(join(folder, kind), key, viewBudget);
    try {
      return releasing(openRowStore(taken.folder, rowBytes), taken.release);
    } catch (error) {
      taken.release();
      throw error;
    }
  };
}

/** The store, with something to do once it is closed. */
function releasing(store: RowStore, release: () => void): RowStore {
  return {
    has: (hash) => store.has(hash),
    get: (hash) => store.get(hash),
    put: (hash, row) => store.put(hash, row),
    flush: () => store.flush(),
    close: () => {
      try {
        store.close();
      } finally {
        release();
      }
    },
  };
}
