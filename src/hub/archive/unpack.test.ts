import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { derived } from "../../core/random.ts";
import { type ZipInput, zip } from "../../data/testing/zip.ts";
import { ModelArchiveError } from "../errors.ts";
import { type ArchiveFormat, type ArchiveLimits, usualLimits } from "./archive.ts";
import { gnuName, pax, type TarInput, tar } from "./testing/tar.ts";
import { openArchive } from "./unpack-node.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsugiki-archive-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const noise = derived(1, 2);
const weights = Uint8Array.from({ length: 70_000 }, () => noise.int(256));
const files = {
  "net/net.onnx": text("a model"),
  "net/weights.bin": weights,
  "net/empty": new Uint8Array(),
  "net/test_data_set_0/input_0.pb": text("a sample"),
};
const tarFiles: TarInput[] = Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
const zipFiles: ZipInput[] = Object.entries(files).map(([name, bytes]) => ({ name, bytes }));

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const hashes = Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, sha256(bytes)]));

/** Hashes of all that an archive unpacks to, by path. */
async function unpack(
  bytes: Uint8Array,
  format: ArchiveFormat,
  limits?: Partial<ArchiveLimits>,
): Promise<Record<string, string>> {
  const file = join(folder, "archive");
  await writeFile(file, bytes);
  const options = { format, name: "net.archive", limits: { ...usualLimits, ...limits } };
  const archive = await openArchive(file, options);
  const out = await mkdtemp(join(folder, "out-"));
  const targets = new Map(archive.entries.map(({ path }, i) => [path, join(out, `${i}`)]));
  await archive.unpack(targets);
  const found: Record<string, string> = {};
  for (const { path, bytes: size } of archive.entries) {
    const content = await readFile(targets.get(path)!);
    expect(content.length).toBe(size);
    found[path] = sha256(content);
  }
  return found;
}

test.each<readonly [string, ArchiveFormat, Uint8Array]>([
  ["tar", "tar", tar(tarFiles)],
  ["tar.gz", "tar", gzipSync(tar(tarFiles))],
  ["tar.gz of two pieces", "tar", pieces(tar(tarFiles))],
  [
    "tar with folders, ./ and attributes",
    "tar",
    tar([
      { name: "./", type: "5" },
      { name: "./net/", type: "5" },
      ...tarFiles.flatMap((one) => [pax({ mtime: "1.5" }), { ...one, name: `./${one.name}` }]),
    ]),
  ],
  [
    "tar with long names",
    "tar",
    tar(tarFiles.flatMap((one) => [gnuName(one.name), { ...one, name: "short" }])),
  ],
  ["zip", "zip", zip(zipFiles)],
  [
    "zip, stored, with folders",
    "zip",
    zip([{ name: "net/", mode: 0o40755 }, ...zipFiles.map((one) => ({ ...one, store: true }))]),
  ],
])("a %s gives its files byte for byte", async (_, format, bytes) => {
  expect(await unpack(bytes, format)).toEqual(hashes);
});

function pieces(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]);
}

const one = (name: string, more: Partial<TarInput> = {}): Buffer =>
  tar([...tarFiles, { name, bytes: text("x"), ...more }]);
const zeros = new Uint8Array(3 * 1024 ** 2);

/** Of every kind of harm that an archive may be made for, and what is said of it. */
const hostileTars: readonly (readonly [string, Uint8Array, RegExp])[] = [
  [
    "a symbolic link",
    one("net/link", { type: "2", link: "/etc/passwd", bytes: new Uint8Array() }),
    /is a link/,
  ],
  ["a hard link", one("net/link", { type: "1", link: "net/net.onnx", bytes: new Uint8Array() }), /is a link/],
  ["a character device", one("net/tty", { type: "3", bytes: new Uint8Array() }), /is a device/],
  ["a block device", one("net/disk", { type: "4", bytes: new Uint8Array() }), /is a device/],
  ["a pipe", one("net/pipe", { type: "6", bytes: new Uint8Array() }), /is a device/],
  ["a sparse file", one("net/sparse", { type: "S" }), /special entry \(SparseFile\)/],
  ["a type that nobody knows", one("net/odd", { type: "Z" }), /special entry \(Unsupported\)/],
  ["an absolute path", one("/etc/passwd"), /absolute path/],
  ["a drive", one("C:/windows/x"), /absolute path/],
  ["a way out", one("../x"), /leads out/],
  ["a way out from within", one("net/a/../../../x"), /leads out/],
  ["a folder that leads out", one("net/../../x/", { type: "5", bytes: new Uint8Array() }), /leads out/],
  ["a backslash", one("net\\..\\x"), /backslash/],
  ["a control character", one("net/\u001b[2J"), /control character/],
  ["an empty name in a path", one("net//x"), /empty name/],
  ["a way out by attributes", tar([pax({ path: "../../x" }), { name: "y", bytes: text("x") }]), /leads out/],
  ["a way out by a long name", tar([gnuName(`${"a/".repeat(60)}../../x`), { name: "y" }]), /leads out/],
  [
    "a link by attributes",
    tar([pax({ linkpath: "/etc" }), { name: "y", type: "2", link: "z" }]),
    /is a link/,
  ],
  ["a name longer than any", tar([pax({ path: "a".repeat(2000) }), { name: "y" }]), /1,024 characters/],
  [
    "attributes without end",
    tar([pax({ comment: "a".repeat(90_000) }), { name: "y" }]),
    /longer than any path/,
  ],
  ["folders without end", tar([gnuName(`${"a/".repeat(80)}x`), { name: "y" }]), /64 folders/],
  ["a file twice", one("net/net.onnx"), /twice/],
  ["a file twice but for case", one("net/NET.onnx"), /twice/],
  ["a wrong checksum", one("net/x", { checksum: 7 }), /checksum/i],
  ["a size beyond its end", one("net/x", { claimedSize: 10_000_000 }), /cannot be unpacked/],
  ["its second half missing", tar(tarFiles).subarray(0, 30_000), /cannot be unpacked/],
  ["no archive", text("<!doctype html><title>Not found</title>".repeat(50)), /cannot be unpacked/],
  ["nothing", new Uint8Array(), /cannot be unpacked/],
  ["half a gzip", gzipSync(tar(tarFiles)).subarray(0, 5000), /cannot be unpacked/],
  ["a gzip in a gzip", gzipSync(gzipSync(tar(tarFiles))), /twice over/],
];

test.each(hostileTars)("a tar with %s is refused", async (_, bytes, why) => {
  await expect(unpack(bytes, "tar")).rejects.toThrow(ModelArchiveError);
  await expect(unpack(bytes, "tar")).rejects.toThrow(why);
});

const zipped = (entry: ZipInput): Uint8Array => zip([...zipFiles, { bytes: text("x"), ...entry }]);

const hostileZips: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["a link", zipped({ name: "net/link", mode: 0o120777 }), /is a link/],
  ["a device", zipped({ name: "net/tty", mode: 0o020666 }), /is a device/],
  ["a pipe", zipped({ name: "net/pipe", mode: 0o010666 }), /is a device/],
  ["an absolute path", zipped({ name: "/etc/passwd" }), /absolute path/],
  ["a drive", zipped({ name: "C:/windows/x" }), /absolute path/],
  ["a way out", zipped({ name: "../x" }), /invalid relative path/],
  ["a way out from within", zipped({ name: "net/a/../../../x" }), /invalid relative path/],
  ["a backslash", zipped({ name: "net\\..\\x" }), /invalid characters/],
  ["a control character", zipped({ name: "net/\u001b[2J" }), /control character/],
  ["a file twice", zipped({ name: "net/net.onnx" }), /twice/],
  ["a file twice but for case", zipped({ name: "net/Net.onnx" }), /twice/],
  ["an encrypted file", zipped({ name: "net/x", flags: 0x801 }), /encrypted/],
  ["a method that nobody knows", zipped({ name: "net/x", method: 99 }), /cannot be unpacked/],
  ["a wrong checksum", zipped({ name: "net/x", crc: 7 }), /checksum/],
  ["less than it declares", zipped({ name: "net/x", claimedSize: 9 }), /cannot be unpacked/],
  ["more than it declares", zipped({ name: "net/x", bytes: weights, claimedSize: 9 }), /cannot be unpacked/],
  ["its end missing", zip(zipFiles).subarray(0, 3000), /cannot be unpacked/],
  ["no archive", text("<!doctype html>".repeat(50)), /cannot be unpacked/],
];

test.each(hostileZips)("a zip with %s is refused", async (_, bytes, why) => {
  await expect(unpack(bytes, "zip")).rejects.toThrow(ModelArchiveError);
  await expect(unpack(bytes, "zip")).rejects.toThrow(why);
});

test("what grows beyond all measure is refused before it is unpacked", async () => {
  const small = { harmless: 1024 ** 2, ratio: 10 };
  const bombs: readonly (readonly [ArchiveFormat, Uint8Array])[] = [
    ["tar", gzipSync(tar([{ name: "net.onnx", bytes: zeros }]))],
    ["zip", zip([{ name: "net.onnx", bytes: zeros }])],
    ["zip", zip([1, 2, 3, 4].map((i) => ({ name: `${i}.onnx`, bytes: zeros.subarray(0, 700_000) })))],
  ];
  for (const [format, bytes] of bombs)
    await expect(unpack(bytes, format, small)).rejects.toThrow(/fill disks/);
  // Zeros alone, behind the archive's end or instead of it, are counted as well.
  const nothing = gzipSync(Buffer.alloc(70 * 1024 ** 2));
  await expect(unpack(nothing, "tar", small)).rejects.toThrow(/fill disks/);
  const names = tar(Array.from({ length: 300 }, () => pax({ comment: "a".repeat(60_000) })));
  await expect(unpack(names, "tar")).rejects.toThrow(/its names alone/);
  const many = Array.from({ length: 50 }, (_, i) => ({ name: `${i}` }));
  for (const [format, bytes] of [
    ["tar", tar(many)],
    ["zip", zip(many)],
  ] as const)
    await expect(unpack(bytes, format, { entries: 40 })).rejects.toThrow(/more than 40/);
  // A directory that declares more than it has.
  await expect(unpack(zip(zipFiles, 60_000), "zip")).rejects.toThrow(/more than 10000/);
});

const seed = 20261201;
const trials = 400;

test(`in ${trials} archives with a few bytes wrong, what is unpacked is right or refused (seed ${seed})`, async () => {
  const whole: readonly (readonly [ArchiveFormat, Uint8Array])[] = [
    ["tar", gzipSync(tar(tarFiles))],
    ["zip", zip(zipFiles)],
    ["tar", tar(tarFiles)],
  ];
  let right = 0;
  for (let trial = 0; trial < trials; trial++) {
    const draw = derived(seed, trial);
    const [format, honest] = whole[trial % whole.length]!;
    const bytes = broken(honest, draw);
    try {
      const found = await unpack(bytes, format);
      // A plain tar has no checksum of what its files hold: that is what the pinned hash is for.
      const hashed = honest !== whole[2]![1];
      for (const [path, hash] of Object.entries(found))
        if (hashed && path in hashes) expect(hash, `trial ${trial}`).toBe(hashes[path]);
      right++;
    } catch (error) {
      if (!(error instanceof ModelArchiveError))
        throw new Error(`trial ${trial} of seed ${seed}`, { cause: error });
      expect(error.parts.next).toBeTruthy();
    }
  }
  expect(right).toBeGreaterThan(trials / 20);
  expect(right).toBeLessThan((trials * 19) / 20);
  expect((await readdir(folder)).filter((name) => !name.startsWith("out-"))).toEqual(["archive"]);
}, 60_000);

function broken(bytes: Uint8Array, draw: ReturnType<typeof derived>): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const where = (): number => (draw.next() < 0.5 ? draw.int(600) : draw.int(bytes.length)) % bytes.length;
  for (let i = 0; i <= draw.int(3); i++) {
    const at = where();
    changed[at] = changed[at]! ^ (1 << draw.int(8));
  }
  if (draw.next() < 0.2) return changed.subarray(0, where());
  if (draw.next() < 0.2) return Buffer.concat([changed, changed.subarray(0, draw.int(2000))]);
  return changed;
}
