import { derivedOrder } from "../core/random.ts";
import type { Part } from "../data/sample.ts";
import type { Drawing, Vendor } from "./emoji-node.ts";
import { gestures } from "./emoji-sets.ts";
import type { PictureSeed } from "./picture.ts";

/** Pictures of each gesture from each vendor of a part. */
export type Counts = Readonly<Record<Part, number>>;

/** 594 pictures to train on (three vendors), 150 to choose on, 180 to test on. */
export const usualCounts: Counts = { train: 66, val: 50, test: 60 };

/** A picture that is to be drawn. */
export interface Planned {
  /** "train/rock/twemoji-07.jpg" */
  readonly file: string;
  readonly vendor: Vendor;
  readonly drawing: Drawing;
  readonly from: PictureSeed;
}

/** Every picture of the demo, as many a class; of a vendor's drawings of a gesture each is used equally often, within one. */
export function planPictures(vendors: readonly Vendor[], counts: Counts, seed: number): readonly Planned[] {
  return vendors.flatMap((vendor, v) =>
    gestures.flatMap((gesture, g) => {
      const { name, part } = vendor.set;
      const choice = vendor.drawings.filter((drawing) => drawing.gesture === gesture);
      return Array.from({ length: counts[part] }, (_, i) => {
        const order = derivedOrder(choice.length, seed, v, g, Math.floor(i / choice.length));
        return {
          file: `${part}/${gesture}/${name}-${String(i).padStart(2, "0")}.jpg`,
          vendor,
          drawing: choice[order[i % choice.length]!]!,
          from: { seed, path: [v, g, i] },
        };
      });
    }),
  );
}
