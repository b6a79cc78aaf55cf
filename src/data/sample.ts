/** The part of a dataset that a picture belongs to. */
export type Part = "train" | "val" | "test";

/** Where a picture's bytes come from; nothing is read before `read` is called. */
export type Content =
  /** An encoded picture: JPEG, PNG, WebP, GIF, AVIF or TIFF. */
  | {
      readonly kind: "file";
      /** As its tree had it when it was found: 64 hexadecimal digits, others whenever its bytes change. */
      readonly state?: string | undefined;
      read(): Promise<Uint8Array>;
    }
  /** Raw RGB bytes, `height * width * 3`, as the CIFAR batches hold them (already turned to rows of pixels). */
  | { readonly kind: "pixels"; readonly width: number; readonly height: number; read(): Promise<Uint8Array> };

/** One labelled picture. */
export interface Sample {
  /** Unique in its dataset: the path from the dataset's root with "/" between names, or "batch.bin#17". */
  readonly id: string;
  /** Its class; of multi-label data all its labels as one text, "red|round", or "|" for none of them. */
  readonly label: string;
  /** All its labels, of multi-label data only: none, one or several, sorted by code point. */
  readonly labels?: readonly string[];
  /** Set where the dataset comes ready split. */
  readonly part?: Part;
  readonly content: Content;
}

/** Labelled pictures as a layout finds them. */
export interface Dataset {
  /** Where it was opened, for messages and records. */
  readonly path: string;
  /** The layout that read it: "folder-per-class", "ready-splits", "list", "cifar-10" ... */
  readonly layout: string;
  /** Class names in the order of their indices: as the layout gives them, else sorted by code point. */
  readonly classes: readonly string[];
  /** Whether a picture may have several labels at once, or none: then each class is a label by itself. */
  readonly multiLabel: boolean;
  readonly samples: readonly Sample[];
  /** Files passed over because they are hidden or no pictures, and rows of lists that name no readable file. */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
  /** Frees an open archive. */
  close(): Promise<void>;
}

/** Decoded pixels: RGB, 8 bits a channel, rows from the top, `height * width * 3` bytes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
