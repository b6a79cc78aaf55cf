import { random } from "../../../core/random.ts";
import type { Sample } from "../../../data/sample.ts";
import type { Picture } from "../../extract.ts";
import { type Decode, loadPicture } from "../../picture.ts";

/** A picture of seeded noise as raw pixels; `read` stands in for what its file holds at the time. */
export async function noisePicture(
  seed: number,
  { side = 8, read }: { readonly side?: number; readonly read?: () => Promise<Uint8Array> } = {},
): Promise<Picture> {
  const grains = random(seed);
  const bytes = Uint8Array.from({ length: side * side * 3 }, () => grains.int(256));
  const content = { kind: "pixels", width: side, height: side, read: async () => bytes } as const;
  const id = `${seed}.raw`;
  const { hash } = await loadPicture(id, content);
  const sample: Sample = {
    id,
    label: seed % 2 === 0 ? "even" : "odd",
    content: { ...content, read: read ?? content.read },
  };
  return { sample, hash, fingerprint: new Uint8Array() };
}

/** Decodes raw pixels, and notes whose. */
export function noting(): { readonly decode: Decode; readonly decoded: string[] } {
  const decoded: string[] = [];
  return {
    decoded,
    async decode(content, { id }) {
      decoded.push(id);
      if (content.kind !== "pixels") throw new Error("raw pixels only");
      return { width: content.width, height: content.height, data: await content.read() };
    },
  };
}
