import { expect, test } from "vitest";
import { crc32c, maskedCrc32c } from "./crc32c.ts";

// RFC 3720, appendix B.4, and the check value of the CRC catalogue for "123456789".
test.each([
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["32 rising", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["32 falling", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
  ["nothing", new Uint8Array(), 0],
])("%s", (_, bytes, expected) => expect(crc32c(bytes)).toBe(expected));

test("masked, as tensorboard 2.21 has it", () => {
  // The length of the version record, 24 bytes; value from tensorboard.compat.tensorflow_stub's masked_crc32c.
  const header = Uint8Array.of(0x18, 0, 0, 0, 0, 0, 0, 0);
  expect(maskedCrc32c(header)).toBe(0x224b7fa3);
});
