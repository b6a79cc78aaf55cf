import type { CatalogueRow } from "./row.ts";

/** The zoo at its last commit: hash and size as a Git LFS pointer, with figures and licences beside it. */
const zoo = "https://github.com/onnx/models/blob/b1eeaa1ac722dcc1cd1a8284bde34393dab61c3d";
/** Where the zoo's files lie since its own store closed in July 2025, under the same paths. */
const store = "onnxmodelzoo/legacy_models";
/** By the pages read, after the last upload of the zoo's 2,325 files: it has two authors, and that upload one. */
const revision = "ff8aa79eb107c6a2b3540abff9f8266190b799bb";
/** timm 0.9.8, which the exports were made with: sizes, normalisations, measured accuracy. */
const timmThen =
  "https://github.com/huggingface/pytorch-image-models/blob/9afe0bb78e91ea4183cd1bf076f160ec50e9078b";
/** timm as of August 2026, which states a licence for all weights. */
const timmNow =
  "https://github.com/huggingface/pytorch-image-models/blob/aa4b5850c1543fa488abf260f18390eda46cf85d";

const commercial = { "Apache-2.0": true, "BSD-3-Clause": true, MIT: true, "CC-BY-NC-4.0": false } as const;

interface ZooRow
  extends Pick<
    CatalogueRow,
    "name" | "title" | "sha256" | "bytes" | "preprocess" | "features" | "parameters" | "mirrors" | "tfhub"
  > {
  readonly task?: CatalogueRow["task"];
  /** Left out where it is 224. */
  readonly size?: number;
  /** Measured on pictures of `side` pixels where that is not the training size. */
  readonly accuracy?: { readonly top1: number; readonly top5: number; readonly side?: number };
  readonly licence: keyof typeof commercial;
}

/** From the part of the zoo whose accuracy was validated: `folder` holds a README, and the file in model/. */
export function validated({ folder, ...row }: ZooRow & { readonly folder: string }): CatalogueRow {
  const path = `validated/vision/classification/${folder}`;
  const readme = `${zoo}/${path}/README.md`;
  return rowOf(row, {
    path: `${path}/model/${row.name}.onnx`,
    facts: [`${zoo}/ONNX_HUB_MANIFEST.json`, readme],
    measured: readme,
    licensed: readme,
  });
}

/**
 * From the part that was exported from timm: `file` is the export, `module` timm's file that describes the weights.
 *
 * The weights are the trained ones, though the exporter (turnkeyml) draws random ones unless told: of the networks that it
 * knows, all 140 that timm has no weights for are missing; networks that differ in training alone (five ResNet-50s) differ
 * in their bytes, and two names of the same weights (efficientnet_b2 and b2a) do not.
 */
export function timm({
  file,
  module,
  ...row
}: ZooRow & { readonly file: string; readonly module: string }): CatalogueRow {
  const folder = `Computer_Vision/${file}_timm`;
  return rowOf(row, {
    path: `${folder}/${file.split("/").at(-1)}.onnx`,
    facts: [`${zoo}/${folder}/turnkey_stats.yaml`, `${timmThen}/timm/models/${module}.py`],
    measured: `${timmThen}/results/results-imagenet.csv`,
    licensed: `${timmNow}/timm/models/${module}.py`,
  });
}

interface Origin {
  readonly path: string;
  readonly facts: readonly string[];
  readonly measured: string;
  readonly licensed: string;
}

function rowOf(
  { accuracy, licence, mirrors = [], size = 224, task = "image-classification", ...row }: ZooRow,
  { path, facts, measured, licensed }: Origin,
): CatalogueRow {
  return {
    ...row,
    handle: `hf:${store}@${revision}:${path}`,
    // The hash is checked on arrival, so a place that is not pinned does for a mirror.
    mirrors: [`https://huggingface.co/${store}/resolve/main/${path}`, ...mirrors],
    task,
    size,
    ...(accuracy && {
      accuracy: {
        top1: accuracy.top1,
        top5: accuracy.top5,
        on: `ImageNet-1k validation, ${accuracy.side ?? size} px`,
        source: measured,
      },
    }),
    licence: { id: licence, commercial: commercial[licence], source: licensed },
    read: [`${zoo}/${path}`, ...facts],
  };
}
