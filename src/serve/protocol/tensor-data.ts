import { refusal } from "../errors.ts";

/** Bytes from JSON numbers, flat or nested as `shape` says, row by row. Throws RefusedError (400). */
export function pixelsOfJson(data: unknown, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, side) => product * side, 1);
  const list = listed(data);
  const isFlat = !Array.isArray(list[0]);
  if (isFlat && list.length !== size) throw misfit(shape);
  const bytes = new Uint8Array(size);
  let at = 0;
  const fill = (values: readonly unknown[]): void => {
    for (const value of values) {
      if (typeof value !== "number" || value < 0 || value > 255 || !Number.isInteger(value))
        throw refusal(400, "pixels hold something else than whole numbers from 0 to 255.");
      bytes[at++] = value;
    }
  };
  const walk = (values: readonly unknown[], depth: number): void => {
    if (values.length !== shape[depth]) throw misfit(shape);
    if (depth === shape.length - 1) fill(values);
    else for (const value of values) walk(listed(value), depth + 1);
  };
  if (isFlat) fill(list);
  else walk(list, 0);
  return bytes;
}

function listed(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw refusal(400, "The `data` of pixels is not a list, flat or nested as its shape.");
}

function misfit(shape: readonly number[]): Error {
  return refusal(400, `The \`data\` of pixels does not fit its shape [${shape.join(", ")}].`);
}
