import type { Body } from "./body.ts";
import { refusal } from "./errors.ts";

/** A file of a form. */
export interface FormPicture {
  /** As the sender calls it; it is handed back and names nothing here. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Fields beside the files that a form may have. */
const furtherParts = 16;

/**
 * The files of a form, whatever their fields are called. Throws RefusedError: 400 for a form that is none or holds no file,
 * 413 for more than `most` files.
 */
export async function picturesOfForm(
  body: Body,
  contentType: string,
  most: number,
): Promise<readonly FormPicture[]> {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) throw refusal(400, "The form's Content-Type names no boundary.");
  const tooMany = (): Error => refusal(413, `A form holds at most ${most} pictures.`);
  // Counted before it is parsed: a body full of empty parts would become a list of as many files.
  if (occurrences(body, `--${mark}`, most + furtherParts + 2) > most + furtherParts + 1) throw tooMany();
  let form: FormData;
  try {
    form = await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch {
    throw refusal(400, "The form cannot be read.", "Send it as multipart/form-data, each part closed.");
  }
  const files = [...form.values()].filter((value) => typeof value !== "string");
  if (files.length > most) throw tooMany();
  if (files.length === 0)
    throw refusal(
      400,
      "The form holds no file.",
      "With curl, write -F image=@rose.jpg; the @ sends the file.",
    );
  return Promise.all(
    files.map(async (file) => ({ file: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
}

/** How often a text occurs in bytes, counted up to `most`. */
function occurrences(bytes: Uint8Array, text: string, most: number): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let found = 0;
  for (let at = buffer.indexOf(text); at >= 0 && found < most; at = buffer.indexOf(text, at + text.length))
    found++;
  return found;
}
