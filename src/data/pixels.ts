import { UsageError } from "../core/errors.ts";
import type { Pixels } from "./sample.ts";

/** Throws UsageError unless there are as many bytes as sides of whole pixels say. */
export function checkPixels({ width, height, data }: Pixels): void {
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1;
  if (isSide(width) && isSide(height) && data.length === width * height * 3) return;
  throw new UsageError(
    {
      what: `Pixels of ${width} x ${height} come with ${data.length} bytes.`,
      why: "They are whole sides from 1, and width x height x 3 bytes: red, green, blue, row by row.",
      next: "Take out a channel of transparency, or pass the encoded picture itself.",
    },
    { option: "pixels", value: { width, height, bytes: data.length } },
  );
}
