import type { Dataset, Sample } from "../sample.ts";
import type { FileTree, Ignored } from "../tree.ts";

export interface LayoutOptions {
  /** The list file within the tree, where the user named one. */
  readonly list?: string;
  readonly signal?: AbortSignal;
}

/** What a layout finds; `openDataset` adds the rest of the Dataset. */
export interface Found {
  /** In the layout's own order; left out, the labels of the samples sorted by code point. */
  readonly classes?: readonly string[];
  readonly samples: readonly Sample[];
  /** Whether pictures may have several labels at once. Default false. */
  readonly multiLabel?: boolean;
  readonly ignored: readonly Ignored[];
  /** More exact than the layout's name, as in "cifar-100". */
  readonly layout?: Dataset["layout"];
}

/** One way of laying pictures and their labels out in files. A new one is a file here and a row in `table.ts`. */
export interface Layout {
  readonly name: string;
  /** What it looks like, for the message that lists what is understood. */
  readonly looks: string;
  /** Whether the tree is laid out so; the first row of the table that says yes reads it. */
  detect(tree: FileTree, options: LayoutOptions): Promise<boolean>;
  /** Throws the errors of `../errors.ts` where the layout is broken. */
  read(tree: FileTree, options: LayoutOptions): Promise<Found>;
}
