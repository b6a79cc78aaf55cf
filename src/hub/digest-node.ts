import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** What is known of a file's bytes before they arrive. */
export interface Digest {
  readonly bytes?: number | undefined;
  /** Lower case hexadecimal. */
  readonly sha256?: string | undefined;
  /** git's name of a blob, sha1 of "blob <bytes>\0" and the bytes: what hubs state of small files. */
  readonly gitOid?: string | undefined;
}

/** A file's size and sha256, read from the disk, and in what it differs from what is known of it. */
export async function checkFile(
  path: string,
  { bytes: expected, sha256, gitOid }: Digest,
): Promise<{
  readonly sha256: string;
  readonly bytes: number;
  readonly differs?: { readonly expected: string; readonly actual: string };
}> {
  const { size } = await stat(path);
  const hash = createHash("sha256");
  const blob = createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    if (gitOid !== undefined) blob.update(chunk as Buffer);
  }
  const actual = { sha256: hash.digest("hex"), bytes: size };
  if (expected !== undefined && size !== expected) {
    return { ...actual, differs: { expected: `${expected} bytes`, actual: `${size} bytes` } };
  }
  if (sha256 !== undefined && actual.sha256 !== sha256) {
    return { ...actual, differs: { expected: `sha256 ${sha256}`, actual: `sha256 ${actual.sha256}` } };
  }
  const oid = gitOid === undefined ? undefined : blob.digest("hex");
  if (oid !== gitOid) return { ...actual, differs: { expected: `git ${gitOid}`, actual: `git ${oid}` } };
  return actual;
}
