import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { decodeBytes } from "./decode-sharp.ts";
import { encodePng } from "./encode-sharp.ts";

test("a PNG decodes to the pixels that went in", async () => {
  const rng = random(71);
  const pixels = { width: 5, height: 3, data: Uint8Array.from({ length: 45 }, () => rng.int(256)) };
  expect(await decodeBytes(await encodePng(pixels))).toEqual(pixels);
});
