import { clip } from "./clip.ts";
import { convnext } from "./convnext.ts";
import { densenet } from "./densenet.ts";
import { dino } from "./dino.ts";
import { efficientnet } from "./efficientnet.ts";
import { efficientnetV2 } from "./efficientnet-v2.ts";
import { inception } from "./inception.ts";
import { mobilenetV2 } from "./mobilenet-v2.ts";
import { mobilenetV3 } from "./mobilenet-v3.ts";
import { mobilenetV4 } from "./mobilenet-v4.ts";
import { regnet } from "./regnet.ts";
import { resnet } from "./resnet.ts";
import { resnetGluon } from "./resnet-gluon.ts";
import type { CatalogueRow } from "./row.ts";
import { small } from "./small.ts";
import { swin } from "./swin.ts";
import { vgg } from "./vgg.ts";
import { vit } from "./vit.ts";

/** All rows, family by family; of an architecture, the training to prefer comes first. */
export const catalogue: readonly CatalogueRow[] = [
  mobilenetV2,
  mobilenetV3,
  mobilenetV4,
  efficientnet,
  efficientnetV2,
  resnet,
  resnetGluon,
  convnext,
  regnet,
  densenet,
  inception,
  vgg,
  small,
  vit,
  swin,
  dino,
  clip,
].flat();

/** The row of a name; without its training ("resnet50" for "resnet50.a1_in1k") the first of the architecture. */
export function rowNamed(name: string): CatalogueRow | undefined {
  return (
    catalogue.find((row) => row.name === name) ??
    catalogue.find((row) => row.name.replace(/\.[a-z].*$/, "") === name)
  );
}
