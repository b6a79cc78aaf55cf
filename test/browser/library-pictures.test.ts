import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeBytes } from "../../src/data/decode-sharp.ts";
import { findChromium } from "./browser.ts";
import { bundle, LibraryPage, timeout } from "./library-page.ts";

const executablePath = findChromium();
if (!executablePath) console.log("no Chromium found: pictures are not tried in a page (CHROMIUM names one)");

interface Seen {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** A picture whose every pixel differs from its neighbours, smooth enough that JPEG keeps it. */
function gradient(width: number, height: number, channels: 3 | 4) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    return [(255 * x) / width, (255 * y) / height, (128 * (x + y)) / (width + height), 40 + 3 * x][c] ?? 0;
  });
  return sharp(data, { raw: { width, height, channels } });
}

/** The largest and the mean distance of two pictures' bytes. */
function distance(a: Seen, b: { readonly data: ArrayLike<number> }) {
  let [most, sum] = [0, 0];
  for (const [i, value] of a.data.entries()) {
    const apart = Math.abs(value - (b.data[i] ?? Number.NaN));
    sum += apart;
    if (!(apart <= most)) most = apart;
  }
  return { most, mean: sum / a.data.length };
}

describe.skipIf(!executablePath)("pictures and files in Chromium", { timeout }, () => {
  let page: LibraryPage;

  beforeAll(async () => {
    const jpeg = await gradient(800, 600, 3).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer();
    const entries: Record<string, Uint8Array> = {
      "opaque.png": await gradient(61, 47, 3).png().toBuffer(),
      "clear.png": await gradient(61, 47, 4).png().toBuffer(),
      "turned.jpg": await gradient(61, 47, 3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      "large.jpg": jpeg,
      "cut.jpg": jpeg.subarray(0, jpeg.length / 2),
      "strip.png": await gradient(700, 7, 3).png().toBuffer(),
      "note.png": new TextEncoder().encode("no picture"),
      "drawing.svg": new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      "pixels.js": (await bundle('export { pixelsOf } from "./src/browser/pixels.ts"')).code,
    };
    page = await LibraryPage.open(executablePath ?? "");
    for (const [name, bytes] of Object.entries(entries)) page.files.set(name, bytes);
  });
  afterAll(() => page?.close());

  /** What the page's network would be given of `source`, an expression; or the error in words. */
  const seen = (source: string, shrinkTo = 896) =>
    page.run<Seen>(`
      const { pixelsOf } = await import("./pixels.js");
      const { width, height, data } = await pixelsOf(${source}, { fit: "cover", shrinkTo: ${shrinkTo} });
      return { width, height, data: [...data] };`);

  const image = (name: string) => `await new Promise((done) => {
    const image = new Image();
    image.onload = () => done(image);
    image.src = ${JSON.stringify(name)};
  })`;
  const canvas = (kind: string) => `await (async () => {
    const bitmap = await createImageBitmap(await fileOf("opaque.png"));
    const canvas = ${kind};
    Object.assign(canvas, { width: 61, height: 47 });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return canvas;
  })()`;

  test.each([
    ["a file", 'await fileOf("opaque.png")'],
    ["its bytes", 'new Uint8Array(await (await fileOf("opaque.png")).arrayBuffer())'],
    ["a bitmap", 'await createImageBitmap(await fileOf("opaque.png"))'],
    ["an image", image("opaque.png")],
    ["a canvas", canvas('document.createElement("canvas")')],
    ["a canvas of no page", canvas("new OffscreenCanvas(1, 1)")],
    ["a video's frame", `new VideoFrame(${canvas("new OffscreenCanvas(1, 1)")}, { timestamp: 0 })`],
    ["ImageData", `(${canvas("new OffscreenCanvas(1, 1)")}).getContext("2d").getImageData(0, 0, 61, 47)`],
  ])("of %s the very bytes that Node decodes", async (_, source) => {
    const { width, height, data } = await decodeBytes(page.files.get("opaque.png")!);
    expect(await seen(source)).toEqual({ width, height, data: [...data] });
  });

  test("what is transparent lies on white, and a picture that lies on its side is turned", async () => {
    const clear = await seen('await fileOf("clear.png")');
    // Colours are kept times their opacity in a canvas, so they may come back a level off.
    expect(distance(clear, await decodeBytes(page.files.get("clear.png")!)).most).toBeLessThanOrEqual(1);
    const node = await decodeBytes(page.files.get("turned.jpg")!);
    for (const source of ['await fileOf("turned.jpg")', image("turned.jpg")]) {
      const turned = await seen(source);
      expect([turned.width, turned.height]).toEqual([47, 61]);
      expect(distance(turned, node).mean).toBeLessThan(2);
    }
  });

  test("a large picture is made smaller as Node makes it, to as many pixels and the same colours", async () => {
    const node = await decodeBytes(page.files.get("large.jpg")!, { shrinkTo: 150 });
    const large = await seen('await fileOf("large.jpg")', 150);
    expect([large.width, large.height]).toEqual([node.width, node.height]);
    expect(large.width).toBe(200);
    expect(distance(large, node).mean).toBeLessThan(1);
  });

  test("what cannot be read is said in words", async () => {
    const errors = await page.run<[string, string][]>(
      `const { pixelsOf } = await import("./pixels.js");
       const other = location.href.replace("127.0.0.1", "localhost");
       const sources = [
         await fileOf("note.png"), await fileOf("drawing.svg"), await fileOf("strip.png"), new OffscreenCanvas(0, 9),
         document.createElement("video"), ${image("opaque.png")}, { width: 2, height: 2, data: new Uint8Array(16) },
       ];
       sources[5].src = other + "opaque.png";
       await sources[5].decode();
       const cut = await fileOf("cut.jpg");
       const closed = await createImageBitmap(await fileOf("opaque.png"));
       closed.close();
       const words = [];
       for (const source of [...sources, closed, cut])
         await pixelsOf(source, { fit: "cover", shrinkTo: 896 }, "it").then(
           () => words.push(["nothing", "wrong"]), (error) => words.push([error.code, error.message]));
       return words;`,
    );
    expect(errors.map(([code]) => code)).toEqual(
      [..."123456"].map(() => "PICTURE").concat("USAGE", "PICTURE", "PICTURE"),
    );
    expect(errors.map(([, message]) => message).join("\n")).toMatchInlineSnapshot(`
      "Cannot read it: it is no picture that this browser reads. Replace it; training passes it over.
      Cannot read it: this browser cannot read this svg file. Replace it; training passes it over.
      it: 700 x 7 is a strip, more than 64 times as long as it is wide. Crop it, or train with --fit squash.
      Cannot read it: it has no pixels. Replace it; training passes it over.
      Cannot read it: it has no pixels. Replace it; training passes it over.
      Cannot read it: it comes from a site that does not let this page read it. Load it with crossorigin="anonymous" from a server that allows it.
      Pixels of 2 x 2 come with 16 bytes. They are whole sides from 1, and width x height x 3 bytes: red, green, blue, row by row. Take out a channel of transparency, or pass the encoded picture itself.
      Cannot read it: it has no pixels. Replace it; training passes it over.
      Cannot read it: this browser cannot read this jpeg file. Replace it; training passes it over."
    `);
  });

  test("models that cannot be had, and files that are none", async () => {
    const errors = await page.run<string[]>(
      `const words = [];
       const note = (error) => words.push(error.code + ": " + error.message.replaceAll(location.href, ""));
       const page = new URL("index.html", location.href);
       await tsugiki.loadClassifier("missing.onnx", { runtime }).catch(note);
       await tsugiki.loadClassifier("http://127.0.0.1:9/model.onnx", { runtime }).catch(note);
       await tsugiki.loadClassifier(page, { runtime }).catch(note);
       await tsugiki.loadClassifier(await fileOf("backbone.onnx"), { runtime }).catch(note);
       await tsugiki.loadBase("backbone.onnx", { runtime, preprocess: "imagnet" }).catch(note);
       await tsugiki.loadBase("backbone.onnx", { runtime, signal: AbortSignal.abort() }).catch((error) => words.push(error.name));
       return words;`,
    );
    expect(errors.join("\n")).toMatchInlineSnapshot(`
         "DOWNLOAD: Cannot fetch missing.onnx: the server answers 404. Check the address.
         DOWNLOAD: Cannot fetch http://127.0.0.1:9/model.onnx: Failed to fetch. Is the address right, and does its server let this page read it (CORS)?
         ONNX_FORMAT: This is no ONNX model: it looks like a web page. The address it came from answers with a page: use the link of the file itself.
         CLASSIFIER: backbone.onnx is no classifier made by Tsugiki. It has no 'tsugiki.classifier' in its metadata. Train one with \`tsugiki train\`; pass this file there as --base if it is a pretrained network.
         USAGE: There is no preprocess 'imagnet'. Choose imagenet, inception, caffe, clip, unit.
         AbortError"
       `);
  });

  /** Canvases of two kinds, and a file that is no picture. */
  const drawn = `
    const drawn = Array.from({ length: 60 }, (_, i) => {
      const canvas = new OffscreenCanvas(64 + (i % 7), 64);
      const context = canvas.getContext("2d");
      context.fillStyle = \`hsl(\${(i * 47) % 360} 60% 50%)\`;
      context.fillRect(0, 0, 99, 64);
      context.fillStyle = "#fff";
      const at = 5 + (i * 13) % 30;
      if (i % 2) context.fillRect(at, 0, 12, 64);
      else { context.arc(at + 10, 30, 12, 0, 7); context.fill(); }
      return { picture: canvas, label: i % 2 ? "bar" : "disc", id: "drawn " + i };
    });
    const base = await tsugiki.loadBase("backbone.onnx", { runtime });`;

  test("learns from canvases, passes over what is no picture, and loads what it made", async () => {
    const got = await page.run<{
      skipped: unknown;
      pictures: Record<string, number>;
      told: string;
      labels: string[];
    }>(`
      ${drawn}
      async function* source() {
        yield* drawn;
        yield { picture: await fileOf("note.png"), label: "bar" };
        yield { picture: document.createElement("video"), label: "disc", id: "drawn 0" };
      }
      const told = [];
      const result = await tsugiki.finish(tsugiki.trainHead({ base, pictures: source(), seed: 3 }), ({ type }) => {
        if (told.at(-1) !== type) told.push(type);
      });
      const classifier = await tsugiki.loadClassifier(result.model, { runtime });
      const labels = [];
      for (const { picture } of drawn.slice(0, 6)) labels.push((await classifier.predict(picture)).label);
      const vector = await base.embed(drawn[0].picture);
      const same = (await classifier.embed(drawn[0].picture)).every((value, i) => value === vector[i]);
      await classifier.close();
      await base.close();
      await classifier.predict(drawn[0].picture).catch((error) => labels.push(error.code));
      const { skipped, pictures } = result;
      return { skipped, pictures, told: told.join(" "), labels: [...labels, vector.length, same] };`);
    expect(got.skipped).toEqual([
      { file: "note.png", reason: "it is no picture that this browser reads" },
      { file: "drawn 0#61", reason: "it has no pixels" },
    ]);
    const { train, val, test: held } = got.pictures;
    expect((train ?? 0) + (val ?? 0) + (held ?? 0)).toBe(60);
    expect(got.told).toMatch(
      /^features (skipped features )+split (warning )?(solve )+baseline (warning )?evaluated (warning )?done$/,
    );
    expect(got.labels).toEqual(["disc", "bar", "disc", "bar", "disc", "bar", "CLASSIFIER", 2368, true]);
  });

  test("a signal stops it with its own reason, and strict training at the first bad picture", async () => {
    const errors = await page.run<string[]>(`
      ${drawn}
      const words = [];
      for (const type of ["features", "solve"]) {
        const stop = new AbortController();
        const events = tsugiki.trainHead({ base, pictures: drawn, signal: stop.signal });
        await tsugiki.finish(events, (event) => event.type === type && stop.abort(new Error("enough " + type)))
          .catch((error) => words.push(error.message));
      }
      const pictures = [{ picture: await fileOf("note.png"), label: "bar" }, ...drawn];
      await tsugiki.finish(tsugiki.trainHead({ base, pictures, strict: true })).catch(({ code }) => words.push(code));
      await tsugiki.finish(tsugiki.trainHead({ base, pictures: [] })).catch(({ code }) => words.push(code));
      await tsugiki.finish(tsugiki.trainHead({ base, pictures: drawn, val: 2 })).catch(({ code }) => words.push(code));
      return words;`);
    expect(errors).toEqual(["enough features", "enough solve", "PICTURE", "TRAINING_DATA", "USAGE"]);
  });

  test("all of it runs in a worker, which has no page", async () => {
    const width = await page.run<number>(`
      const script = \`
        import { loadBase, webRuntime } from "\${location.href}tsugiki.js";
        import * as ort from "\${location.href}ort/ort.wasm.min.mjs";
        ort.env.wasm.numThreads = 1;
        const base = await loadBase("\${location.href}backbone.onnx", { runtime: webRuntime(ort) });
        const picture = await (await fetch("\${location.href}opaque.png")).blob();
        postMessage((await base.embed(picture)).length);\`;
      const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
      return new Promise((done, failed) => {
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = ({ message }) => failed(new Error(message));
      });`);
    expect(width).toBe(2368);
  });
});
