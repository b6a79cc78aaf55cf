import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { zip } from "./zip.ts";

/** Files by their path. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

/** A small real picture of one colour with a corner of another, so that no two are alike. */
export async function picture(
  seed: number,
  format: "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif" = "png",
) {
  const background = { r: (seed * 53) % 256, g: (seed * 101) % 256, b: (seed * 197) % 256 };
  const corner = { create: { width: 5, height: 4, channels: 3 as const, background: "#f80" } };
  const image = sharp({ create: { width: 12, height: 10, channels: 3, background } });
  return new Uint8Array(
    await image
      .composite([{ input: corner, left: seed % 7, top: 0 }])
      .toFormat(format)
      .toBuffer(),
  );
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** Runs `body` with a fresh temporary folder, removed afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tsugiki-data-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes files below a folder; a path that ends in "/" is an empty folder. */
export async function writeFiles(folder: string, files: Files): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const place = join(folder, path);
    await mkdir(path.endsWith("/") ? place : dirname(place), { recursive: true });
    if (!path.endsWith("/")) await writeFile(place, bytesOf(content));
  }
  return folder;
}

/** Writes the same files as one archive. */
export async function writeZip(path: string, files: Files, top = ""): Promise<string> {
  const entries = Object.entries(files).map(([name, content], i) => {
    return { name: top + name, bytes: bytesOf(content), store: i % 2 === 0 };
  });
  await writeFile(path, zip(entries));
  return path;
}
