/// <reference lib="dom" />
import { reason } from "../core/errors.ts";
import { DownloadError } from "./errors.ts";

/** Where a model's file is: an address (a relative one is the page's), a file that the user chose, or its bytes. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

export interface ModelFile {
  /** What messages and records call it: the last part of the address or the file's name. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What an ONNX file can have: its format counts bytes in 31 bits. */
const mostBytes = 2 ** 31 - 1;

/** Throws DownloadError where it cannot be had, and the signal's reason. */
export async function readModelFile(source: ModelSource, signal?: AbortSignal): Promise<ModelFile> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return { name: "model.onnx", bytes: source };
  if (source instanceof ArrayBuffer) return { name: "model.onnx", bytes: new Uint8Array(source) };
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : "model.onnx";
    return { name, bytes: new Uint8Array(await source.arrayBuffer()) };
  }
  const url = String(source);
  return { name: nameIn(url), bytes: await download(url, signal) };
}

function nameIn(url: string): string {
  const path = url.replace(/[?#].*$/, "");
  return path.slice(path.lastIndexOf("/") + 1) || "model.onnx";
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) throw refused(url, response);
    return new Uint8Array(await new Response(response.body?.pipeThrough(bounded(url))).arrayBuffer());
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DownloadError) throw error;
    throw new DownloadError(
      {
        what: `Cannot fetch ${url}:`,
        why: `${reason(error)}.`,
        next: "Is the address right, and does its server let this page read it (CORS)?",
      },
      { url },
      { cause: error },
    );
  }
}

/** Lets bytes through up to the most that a model has. */
function bounded(url: string): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = mostBytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left >= 0) return controller.enqueue(chunk);
      controller.error(
        new DownloadError({ what: `${url} is no ONNX model:`, why: "it has more than 2 GiB." }, { url }),
      );
    },
  });
}

function refused(url: string, { status }: Response): DownloadError {
  return new DownloadError(
    { what: `Cannot fetch ${url}:`, why: `the server answers ${status}.`, next: "Check the address." },
    { url, status },
  );
}
