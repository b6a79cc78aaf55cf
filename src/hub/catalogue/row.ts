/** A pretrained network that can be had by its name. A row stands only where each of its facts was read somewhere. */
export interface CatalogueRow {
  /** What a user types, as its makers call it: architecture, then where there are several "." and the training. */
  readonly name: string;
  /** In a few words, for tables: "MobileNet v2 1.0". */
  readonly title: string;
  /** Where its file lies, pinned to a commit: "hf:org/repo@<40 hex digits>:path/model.onnx", or an https address. */
  readonly handle: string;
  /** The same bytes elsewhere, tried in turn when the first place does not answer. */
  readonly mirrors?: readonly string[];
  /** Of the file itself, in lower case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly task: "image-classification" | "image-features";
  /** Side of the square that it was trained on, in pixels. */
  readonly size: number;
  /** How pixels are normalised, by the names that `--preprocess` knows. */
  readonly preprocess: "imagenet" | "inception" | "caffe" | "clip";
  /** Length of the feature vector. */
  readonly features: number;
  /** Weights of the whole network as it is published. */
  readonly parameters: number;
  /** What it reaches as a classifier, as its makers or those who measured it say; left out where it is none. */
  readonly accuracy?: Accuracy;
  readonly licence: Licence;
  /** Where the handle, hash and size were read, and where all other facts were. */
  readonly read: readonly string[];
  /** Names that the articles' TensorFlow Hub addresses have for the same network: "mobilenet_v1_100_224". */
  readonly tfhub?: readonly string[];
}

interface Accuracy {
  /** From 0 to 1. */
  readonly top1: number;
  readonly top5?: number;
  /** "ImageNet-1k validation". */
  readonly on: string;
  /** Where the figure was read. */
  readonly source: string;
}

interface Licence {
  /** SPDX identifier where there is one, else the words that its makers use. */
  readonly id: string;
  /** Whether it allows commercial use. */
  readonly commercial: boolean;
  /** Where it was read. */
  readonly source: string;
}

/** A zoo that publishes models in another form, and how one of them gets here. */
export interface OtherZoo {
  readonly name: string;
  readonly form: string;
  /** One or two sentences, with the command or call that makes an ONNX file of its model. */
  readonly howTo: string;
  readonly source: string;
}
