import { crc32, deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { type Random, random } from "../../src/core/random.ts";

/** A request that nobody should answer with anything but a 4xx. */
export interface HostileRequest {
  /** What is wrong with it, for reports. */
  readonly what: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export interface HostileOptions {
  readonly model: string;
  readonly seed: number;
  readonly count: number;
  /** Bytes of a body that the server takes. */
  readonly limitBytes: number;
}

interface Valid {
  readonly jpeg: Uint8Array;
  readonly png: Uint8Array;
}

type Family = (rng: Random, valid: Valid, options: HostileOptions) => HostileRequest;

/** `count` hostile requests, family after family in turn, drawn with `seed`. */
export async function* hostileRequests(options: HostileOptions): AsyncGenerator<HostileRequest> {
  const rng = random(options.seed);
  const noise = Uint8Array.from({ length: 96 * 64 * 3 }, () => rng.int(256));
  const picture = sharp(noise, { raw: { width: 96, height: 64, channels: 3 } });
  const valid = {
    jpeg: await picture.clone().jpeg().toBuffer(),
    png: await picture.clone().png().toBuffer(),
  };
  for (let i = 0; i < options.count; i++) yield families[i % families.length]!(rng, valid, options);
}

const predict = (
  what: string,
  type: string,
  body: Uint8Array | string,
  { model }: HostileOptions,
): HostileRequest => ({
  what,
  path: `/models/${encodeURIComponent(model)}/predict`,
  headers: { "content-type": type },
  body,
});

const families: readonly Family[] = [
  (rng, { jpeg }, options) => predict("a JPEG cut off", "image/jpeg", cut(jpeg, rng), options),
  (rng, { png }, options) => predict("a PNG cut off", "image/png", cut(png, rng), options),
  (rng, _, options) =>
    predict("bytes of no format", "application/octet-stream", bytes(rng, rng.int(5000)), options),
  (rng, _, options) => {
    const start = pick(rng, [
      "GIF89a",
      "RIFF\x10\0\0\0WEBPVP8 ",
      "II*\0",
      "\0\0\0\x1cftypavif",
      "\x89PNG\r\n\x1a\n",
      "\xff\xd8\xff\xe0",
    ]);
    const body = Buffer.concat([Buffer.from(start, "latin1"), bytes(rng, 1 + rng.int(2000))]);
    return predict("a format's first bytes, then noise", "image/png", body, options);
  },
  (rng, _, options) => {
    const side = 10_000 + rng.int(50_000);
    return predict(`a bomb: PNG of ${side} x ${side}`, "image/png", pngOf(side, side, 1, 8_000_000), options);
  },
  (rng, _, options) => {
    const side = 3_000 + rng.int(4_000);
    return predict(
      `a PNG of ${side} x ${side} and next to no data`,
      "image/png",
      pngOf(side, side, 8, 50_000),
      options,
    );
  },
  (_, __, options) => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd" width="9" height="9"/></svg>';
    return predict("an SVG that names a file", "image/svg+xml", svg, options);
  },
  (_, __, options) =>
    predict("a body too long", "image/jpeg", new Uint8Array(options.limitBytes + 1), options),
  (rng, { jpeg }, options) => {
    const type = pick(rng, [
      "text/html",
      "application/json",
      "application/x-www-form-urlencoded",
      "video/mp4",
      "multipart/mixed",
    ]);
    return predict(`a picture as ${type}`, type, jpeg, options);
  },
  (_, { jpeg }, options) => {
    const request = predict("a compressed body", "image/jpeg", gzipSync(jpeg), options);
    return { ...request, headers: { ...request.headers, "content-encoding": "gzip" } };
  },
  (rng, { jpeg }, options) => form(rng, Buffer.from(jpeg), options),
  (rng, _, options) => {
    const query = pick(rng, [
      "top=0",
      "top=-1",
      "top=NaN",
      "top=1e9",
      "coverage=2",
      "coverage=x",
      "coverage=-0.5",
    ]);
    const request = predict(`?${query}`, "image/jpeg", "", options);
    return { ...request, path: `${request.path}?${query}` };
  },
  (rng) => {
    const name = pick(rng, [
      "..%2f..%2fetc%2fpasswd",
      "%00",
      "x".repeat(3000),
      "__proto__",
      "constructor",
      "%ff",
    ]);
    const path = pick(rng, [`/v2/models/${name}/infer`, `/models/${name}/predict`, `/${name}`]);
    return { what: `a path of nothing`, path, headers: { "content-type": "application/json" }, body: "{}" };
  },
  inferOf(brokenJson),
  inferOf((rng) => JSON.stringify(brokenRequest(rng))),
  inferOf((rng) => JSON.stringify({ inputs: [{ ...pixels, ...pick(rng, brokenInputs) }] })),
  brokenBinary,
];

function pick<T>(rng: Random, list: readonly T[]): T {
  return list[rng.int(list.length)]!;
}

/** A picture's bytes without their end: between a tenth and nine tenths are left. */
function cut(picture: Uint8Array, rng: Random): Uint8Array {
  return picture.subarray(0, Math.floor(picture.length * (0.1 + 0.8 * rng.next())));
}

function bytes(rng: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => rng.int(256));
}

/** A PNG that says `width` x `height`, black, of `depth` bits a pixel, and whose data unfolds to `size` bytes. */
function pngOf(width: number, height: number, depth: 1 | 8, size: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(size))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

function form(rng: Random, jpeg: Buffer, options: HostileOptions): HostileRequest {
  const part = (head: string, body: Uint8Array | string): Buffer =>
    Buffer.concat([Buffer.from(`--B\r\n${head}\r\n\r\n`), Buffer.from(body as string), Buffer.from("\r\n")]);
  const file = 'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg';
  const end = Buffer.from("--B--\r\n");
  const [what, type, parts] = pick<readonly [string, string, readonly Buffer[]]>(rng, [
    ["without a boundary", "multipart/form-data", [part(file, jpeg), end]],
    ["of another boundary", "multipart/form-data; boundary=C", [part(file, jpeg), end]],
    ["never closed", "multipart/form-data; boundary=B", [part(file, jpeg).subarray(0, 300)]],
    [
      "without a file",
      "multipart/form-data; boundary=B",
      [part('Content-Disposition: form-data; name="path"', "/etc/passwd"), end],
    ],
    ["with a part that says nothing", "multipart/form-data; boundary=B", [part("", jpeg), end]],
    [
      "of 5,000 files",
      "multipart/form-data; boundary=B",
      [...Array.from({ length: 5000 }, () => part(file, "x")), end],
    ],
    [
      "with a file cut off",
      "multipart/form-data; boundary=B",
      [part(file, jpeg), part(file, cut(jpeg, rng)), end],
    ],
    ["of nothing", "multipart/form-data; boundary=B", []],
  ]);
  return predict(`a form ${what}`, type, Buffer.concat(parts), options);
}

const pixels = {
  name: "pixels",
  datatype: "UINT8",
  shape: [1, 2, 2, 3],
  data: Array.from({ length: 12 }, (_, i) => i),
};

function inferOf(draw: (rng: Random) => string | Uint8Array): Family {
  return (rng, _, { model }) => ({
    what: "an infer request",
    path: `/v2/models/${encodeURIComponent(model)}/infer`,
    headers: { "content-type": "application/json" },
    body: draw(rng),
  });
}

function brokenJson(rng: Random): string | Uint8Array {
  const whole = JSON.stringify({ inputs: [pixels] });
  return pick<() => string | Uint8Array>(rng, [
    () => whole.slice(0, rng.int(whole.length)),
    () => whole.replace("0,1,2", "NaN,1,2"),
    () => "[".repeat(200_000),
    () => `{"inputs":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
    () => bytes(rng, 200),
    () => pick(rng, ["", "null", "[]", '"inputs"', "0", "{}"]),
  ])();
}

function brokenRequest(rng: Random): unknown {
  const inputs = [pixels];
  return pick<unknown>(rng, [
    { inputs: [] },
    { inputs: [pixels, pixels] },
    { inputs: "pixels" },
    { inputs: { 0: pixels } },
    { inputs: [null] },
    { inputs, id: { $gt: "" } },
    { inputs, outputs: [{ name: "logits" }] },
    { inputs, outputs: [{ name: "probabilities" }, { name: "probabilities" }] },
    { inputs, outputs: Array.from({ length: 9000 }, () => ({ name: "embedding" })) },
    { inputs, outputs: "probabilities" },
    { inputs, outputs: [{ name: "probabilities", parameters: { binary_data: "yes" } }] },
    { inputs, parameters: [] },
    { inputs, parameters: { binary_data_output: 1 } },
  ]);
}

const brokenInputs: readonly object[] = [
  { name: "input_1" },
  { name: "__proto__" },
  { datatype: "FP32" },
  { datatype: null },
  { data: undefined },
  { data: "AAAA" },
  { data: [] },
  { data: { length: 12 } },
  { data: Array.from({ length: 12 }, () => 256) },
  { data: Array.from({ length: 12 }, () => -1) },
  { data: Array.from({ length: 12 }, () => 0.5) },
  { data: Array.from({ length: 12 }, () => "7") },
  {
    data: [
      [
        [
          [1, 2, 3],
          [4, 5],
        ],
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
    ],
  },
  { data: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]] },
  { shape: [1, 2, 2] },
  { shape: [1, 3, 2, 2] },
  { shape: [-1, -2, 2, 3] },
  { shape: [0, 2, 2, 3] },
  { shape: [1, 2.5, 2, 3] },
  { shape: [1, "2", 2, 3] },
  { shape: [null, 2, 2, 3] },
  { shape: [1e308, 2, 2, 3] },
  { shape: [1, 2 ** 32, 2 ** 32, 3] },
  { shape: [2 ** 53, 1, 1, 3] },
  { shape: [64, 7000, 7000, 3] },
  { shape: [1, 1, 4, 3, 1] },
  { shape: {} },
  { parameters: { binary_data_size: 12 } },
  { data: undefined, parameters: { binary_data_size: 12 } },
];

/** The binary extension, its lengths wrong in one way or another. */
function brokenBinary(rng: Random, _: Valid, { model }: HostileOptions): HostileRequest {
  const size = pick(rng, [11, 13, -12, 12.5, 1e300, 2 ** 40]);
  const input = { ...pixels, data: undefined, parameters: { binary_data_size: size } };
  const json = JSON.stringify({ inputs: [input] });
  const length = pick(rng, [
    `${json.length}`,
    "-1",
    "1e3",
    "NaN",
    `${json.length + 13}`,
    `${json.length - 5}`,
    "9".repeat(40),
    "",
  ]);
  return {
    what: "tensors as bytes",
    path: `/v2/models/${encodeURIComponent(model)}/infer`,
    headers: { "content-type": "application/octet-stream", "inference-header-content-length": length },
    body: Buffer.concat([Buffer.from(json), Buffer.alloc(12)]),
  };
}
