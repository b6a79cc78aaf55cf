import { existsSync, readdirSync, readFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { decode, decodeBytes, describePicture } from "./decode-sharp.ts";

const red = { r: 200, g: 50, b: 0 };

function plain(
  width: number,
  height: number,
  background: { r: number; g: number; b: number; alpha?: number } = red,
) {
  return sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } });
}

/** A picture of smooth waves with a dark corner at the top left, so that shrinking and turning show. */
function waves(width: number, height: number): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const wave = 128 + 80 * Math.sin(((c + 1) * 9 * x) / width) * Math.cos((7 * y) / height);
        data[(y * width + x) * 3 + c] = x < width / 4 && y < height / 4 ? 10 : wave;
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const first = async (bytes: Uint8Array): Promise<number[]> =>
  Array.from((await decodeBytes(bytes)).data.subarray(0, 3));

/** A 16-bit picture of one pixel repeated. */
function deep(pixel: number[]): Sharp {
  const channels = pixel.length as 1 | 3 | 4;
  const data = Uint16Array.from({ length: 4 * pixel.length }, (_, i) => pixel[i % pixel.length] ?? 0);
  return sharp(data, { raw: { width: 2, height: 2, channels } }).toColourspace(
    channels === 1 ? "grey16" : "rgb16",
  );
}

test("every format and depth becomes 8-bit RGB of the same colour", async () => {
  expect(await first(await plain(4, 3).png().toBuffer())).toEqual([200, 50, 0]);
  expect(await first(await plain(4, 3).png({ palette: true }).toBuffer())).toEqual([200, 50, 0]);
  expect(await first(await plain(4, 3).webp({ lossless: true }).toBuffer())).toEqual([200, 50, 0]);
  expect(await first(await plain(4, 3).tiff({ compression: "lzw" }).toBuffer())).toEqual([200, 50, 0]);
  expect(await first(await plain(4, 3).gif().toBuffer())).toEqual([200, 50, 0]);
  for (const lossy of [plain(16, 16).jpeg({ quality: 95 }), plain(16, 16).avif({ quality: 90 })]) {
    const colour = await first(await lossy.toBuffer());
    for (const [c, value] of [200, 50, 0].entries())
      expect(Math.abs((colour[c] ?? 999) - value)).toBeLessThan(6);
  }
  const grey = await plain(4, 3, { r: 90, g: 90, b: 90 }).toColourspace("b-w").png().toBuffer();
  expect(await first(grey)).toEqual([90, 90, 90]);
  expect(
    await first(
      await deep([200 * 257, 50 * 257, 0])
        .png()
        .toBuffer(),
    ),
  ).toEqual([200, 50, 0]);
  expect(
    await first(
      await deep([90 * 257])
        .png()
        .toBuffer(),
    ),
  ).toEqual([90, 90, 90]);
  const cmyk = await plain(16, 16).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
  const ink = await first(cmyk);
  for (const [c, value] of [200, 50, 0].entries()) expect(Math.abs((ink[c] ?? 999) - value)).toBeLessThan(20);
});

test("16-bit pictures with a profile come to sRGB, not to sharp's wider working space", async () => {
  const file = await deep([51_400, 12_850, 5_000]).withIccProfile("srgb").png().toBuffer();
  const stored = await sharp(file, { ignoreIcc: true }).toColourspace("srgb").raw().toBuffer();
  const colour = await first(file);
  for (const c of [0, 1, 2]) expect(Math.abs((colour[c] ?? 999) - (stored[c] ?? 0))).toBeLessThanOrEqual(3);
});

test("transparency falls on white", async () => {
  expect(
    await first(
      await plain(4, 3, { ...red, alpha: 0 })
        .png()
        .toBuffer(),
    ),
  ).toEqual([255, 255, 255]);
  const half = await first(
    await plain(4, 3, { ...red, alpha: 0.5 })
      .png()
      .toBuffer(),
  );
  // 128/255 of the colour, the rest white.
  expect(half).toEqual([227, 152, 127]);
  expect(await first(await deep([51_400, 0, 0, 32_768]).png().toBuffer())).toEqual([227, 127, 127]);
});

test("the first frame of an animation is taken", async () => {
  const frames = await Promise.all(
    [red, { r: 0, g: 0, b: 255 }].map((one) => plain(6, 5, one).png().toBuffer()),
  );
  for (const format of ["gif", "webp"] as const) {
    const animation = await sharp(frames, { join: { animated: true } })
      .toFormat(format, { lossless: true })
      .toBuffer();
    expect((await sharp(animation).metadata()).pages, format).toBe(2);
    expect(await decodeBytes(animation), format).toMatchObject({ width: 6, height: 5 });
    expect(await first(animation), format).toEqual([200, 50, 0]);
  }
});

test("all eight EXIF orientations show the same picture", async () => {
  // EXIF 2.3, tag 0x0112: where the stored row 0 and column 0 stand. The dark corner must always be top left.
  const upright = waves(40, 24);
  const back: Record<number, (image: Sharp) => Sharp | Promise<Sharp>> = {
    1: (image) => image,
    2: (image) => image.flop(),
    3: (image) => image.rotate(180),
    4: (image) => image.flip(),
    5: async (image) => sharp(await image.rotate(90).png().toBuffer()).flop(),
    6: (image) => image.rotate(270),
    7: async (image) => sharp(await image.rotate(270).png().toBuffer()).flop(),
    8: (image) => image.rotate(90),
  };
  const expected = await decodeBytes(await upright.clone().png().toBuffer());
  for (const [orientation, turn] of Object.entries(back)) {
    const turned = await turn(sharp(await upright.clone().png().toBuffer()));
    const stored = await turned.png().toBuffer();
    const file = await sharp(stored)
      .withMetadata({ orientation: Number(orientation) })
      .png()
      .toBuffer();
    expect(await decodeBytes(file), `orientation ${orientation}`).toEqual(expected);
    expect(await describePicture(file)).toEqual({ format: "png", width: 40, height: 24 });
  }
});

test("a large JPEG is decoded smaller, its shorter side never under shrinkTo, and looks the same", async () => {
  const file = await waves(1500, 900).jpeg({ quality: 95 }).toBuffer();
  const full = await decodeBytes(file);
  expect([full.width, full.height]).toEqual([1500, 900]);
  const sizes = [];
  for (const shrinkTo of [901, 451, 301, 300, 225, 100, 32]) {
    const small = await decodeBytes(file, { shrinkTo });
    sizes.push([small.width, small.height]);
    const factor = 1500 / small.width;
    const area = await sharp(full.data, { raw: { width: 1500, height: 900, channels: 3 } })
      .resize(small.width, small.height, { fit: "fill", kernel: "linear" })
      .raw()
      .toBuffer();
    const error =
      small.data.reduce((sum, value, i) => sum + Math.abs(value - (area[i] ?? 0)), 0) / area.length;
    expect(error, `factor ${factor}`).toBeLessThan(1.5);
  }
  expect(sizes).toEqual([
    [1500, 900],
    [1500, 900],
    [1500, 900],
    [500, 300],
    [375, 225],
    [166, 100],
    [93, 56],
  ]);
  const turned = await sharp(file).withMetadata({ orientation: 6 }).toBuffer();
  expect(await decodeBytes(turned, { shrinkTo: 225 })).toMatchObject({ width: 225, height: 375 });
  const png = await waves(900, 600).png().toBuffer();
  expect(await decodeBytes(png, { shrinkTo: 50 })).toMatchObject({ width: 900, height: 600 });
});

test("the same bytes give the same pixels", async () => {
  const file = await waves(1203, 907).jpeg().toBuffer();
  for (const shrinkTo of [undefined, 100]) {
    const options = shrinkTo === undefined ? {} : { shrinkTo };
    const all = await Promise.all(Array.from({ length: 8 }, () => decodeBytes(file, options)));
    for (const one of all) expect(Buffer.compare(one.data, all[0]?.data ?? new Uint8Array())).toBe(0);
  }
});

test("pixels are handed on, and held to their size", async () => {
  const content = {
    kind: "pixels",
    width: 2,
    height: 1,
    read: async () => Uint8Array.of(1, 2, 3, 4, 5, 6),
  } as const;
  expect(await decode(content)).toEqual({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  await expect(decode({ ...content, height: 2 }, { id: "b#1" })).rejects.toThrow(
    "Cannot decode b#1: it has 6 bytes",
  );
});

test("what does not decode is a PictureError with the file and the reason", async () => {
  const file = new Uint8Array(await waves(300, 200).jpeg().toBuffer());
  const png = new Uint8Array(await waves(300, 200).png().toBuffer());
  const early = file.slice();
  early.set([0xff, 0xd9], Math.floor(file.length * 0.6));
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const cases: [string, Uint8Array, RegExp][] = [
    ["half a JPEG", file.subarray(0, file.length / 2), /premature end/],
    ["a JPEG without its last 20 bytes", file.subarray(0, -20), /premature end/],
    ["a JPEG that ends early by its own mark", early, /premature end/],
    ["half a PNG", png.subarray(0, png.length / 2), /./],
    ["nothing", new Uint8Array(), /the file is empty/],
    ["text", text("hello"), /no picture format/],
    ["a web page", text("<!DOCTYPE html><p>404"), /web page/],
    ["a drawing", text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG/],
    ["BMP", text("BM123456"), /BMP/],
    ["HEIC", text("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), /HEIC/],
    ["a JPEG's head", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), /./],
  ];
  for (const [id, bytes, message] of cases) {
    const failure = decodeBytes(bytes, { id });
    await expect(failure, id).rejects.toMatchObject({ code: "PICTURE", evidence: { id } });
    await expect(failure, id).rejects.toThrow(message);
  }
  const unreadable = { kind: "file", read: () => Promise.reject(new Error("disk gone")) } as const;
  await expect(decode(unreadable, { id: "a" })).rejects.toMatchObject({
    evidence: { id: "a", reason: "disk gone" },
  });
});

test("filler between a JPEG's segments is no damage", async () => {
  const file = await waves(300, 200).jpeg().toBuffer();
  // After the start mark and the first segment, whose length stands in its bytes 2 and 3.
  const end = 4 + file.readUInt16BE(4);
  const filled = Buffer.concat([file.subarray(0, end), Buffer.from([1, 2, 3]), file.subarray(end)]);
  await expect(sharp(filled, { failOn: "warning" }).raw().toBuffer()).rejects.toThrow(/extraneous bytes/);
  expect(Buffer.compare((await decodeBytes(filled)).data, (await decodeBytes(file)).data)).toBe(0);
});

test("a picture over the limit of pixels is refused before it is decoded", async () => {
  const bomb = await plain(3000, 2000).png({ compressionLevel: 9 }).toBuffer();
  await expect(decodeBytes(bomb, { limitPixels: 5_999_999 })).rejects.toThrow(/pixel limit/);
  expect(await decodeBytes(bomb, { limitPixels: 6_000_000 })).toMatchObject({ width: 3000 });
});

test("bytes changed at random decode, or fail with a PictureError", async () => {
  const seed = 3;
  const rng = random(seed);
  for (const format of ["jpeg", "png", "gif", "webp", "tiff", "avif"] as const) {
    const file = new Uint8Array(await waves(64, 48).toFormat(format).toBuffer());
    for (let run = 0; run < 25; run++) {
      const bytes = file.slice(0, run % 3 === 0 ? rng.int(file.length) : file.length);
      for (let i = 0; i < 4 && bytes.length > 0; i++) bytes[rng.int(bytes.length)] = rng.int(256);
      try {
        const { width, height, data } = await decodeBytes(bytes, { limitPixels: 1_000_000 });
        expect(data.length, `seed ${seed}, ${format}, run ${run}`).toBe(width * height * 3);
      } catch (error) {
        expect(error, `seed ${seed}, ${format}, run ${run}`).toMatchObject({ code: "PICTURE" });
      }
    }
  }
});

const food = "../shared/assets/data/pizza-steak-sushi/test/sushi";
test.skipIf(!existsSync(food))("real photographs decode as sharp decodes them", async () => {
  for (const name of readdirSync(food).slice(0, 10)) {
    const bytes = readFileSync(`${food}/${name}`);
    const own = await decodeBytes(bytes, { id: name });
    const { data, info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
    expect([own.width, own.height, Buffer.compare(own.data, data)], name).toEqual([
      info.width,
      info.height,
      0,
    ]);
  }
});
