import type { Tensor } from "../../core/tensor.ts";
import { halved } from "../../surgery/float16.ts";

/** One weight as TensorFlow.js's manifest tells of it. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly quantization?: { readonly dtype: "float16"; readonly original_dtype: "float32" };
}

export interface Manifest {
  readonly paths: readonly string[];
  readonly weights: readonly Entry[];
}

/** Browsers keep files up to this size in their cache. */
const largestShard = 4 * 1024 * 1024;

/** The weights one behind the other, cut into files, and what tells where each stands. */
export function packed(
  weights: ReadonlyMap<string, Tensor>,
  precision: "float32" | "float16",
  shardBytes = largestShard,
): { readonly manifest: readonly Manifest[]; readonly files: ReadonlyMap<string, Uint8Array> } {
  const entries: Entry[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, tensor] of weights) {
    const half = precision === "float16" ? halved(tensor) : undefined;
    const dtype = tensor.dtype === "int32" ? "int32" : "float32";
    parts.push((half ?? tensor).bytes);
    entries.push({
      name,
      shape: tensor.shape,
      dtype,
      ...(half && { quantization: { dtype: "float16", original_dtype: "float32" } }),
    });
  }
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const count = Math.max(1, Math.ceil(whole.length / shardBytes));
  const files = new Map(
    Array.from({ length: count }, (_, i) => [
      `group1-shard${i + 1}of${count}.bin`,
      whole.subarray(i * shardBytes, (i + 1) * shardBytes),
    ]),
  );
  return { manifest: [{ paths: [...files.keys()], weights: entries }], files };
}
