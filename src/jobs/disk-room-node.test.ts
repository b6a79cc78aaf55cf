import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureRoom } from "./disk-room-node.ts";

test("what the real disk has room for passes, also for a folder that is not there yet; more is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-room-"));
  try {
    const { blocks, bsize } = statfsSync(folder);
    for (const path of [folder, join(folder, "not", "made", "yet")]) {
      await ensureRoom(path, 0);
      await ensureRoom(path, 1);
      await expect(ensureRoom(path, blocks * bsize)).rejects.toMatchObject({
        code: "DISK_SPACE",
        evidence: { folder: path, needed: blocks * bsize, free: expect.any(Number) },
        parts: { what: expect.stringMatching(/^.* take another [\d.]+ GB .* has [\d.]+ GB free\.$/) },
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
