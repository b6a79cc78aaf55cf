import { cifar } from "./cifar.ts";
import { folderPerClass } from "./folder.ts";
import { food101 } from "./food101.ts";
import type { Layout } from "./layout.ts";
import { list } from "./list.ts";
import { readySplits } from "./splits.ts";

/** Every layout that is understood, the most particular first. */
export const layouts: readonly Layout[] = [cifar, food101, readySplits, list, folderPerClass];
