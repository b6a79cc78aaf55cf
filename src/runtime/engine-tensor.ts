import type { Tensor as OrtTensor } from "onnxruntime-node";
import { bitsPerElement, type DType, type Tensor } from "../core/tensor.ts";
import { EngineError } from "./errors.ts";

/** Element types that cross into an engine, with the array each crosses in. */
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

type Crossing = keyof typeof arrays;

function crosses(dtype: DType): dtype is Crossing {
  return dtype in arrays;
}

/** The two ways between our tensors and those of a build of ONNX Runtime, whose class is given. Both throw EngineError. */
export function engineTensors(EngineTensor: typeof OrtTensor, engine: string) {
  const refused = (what: string): EngineError => new EngineError({ what }, { engine });
  return {
    /** The tensor as the engine's own; the bytes are copied only where they are not aligned. */
    toEngine({ dtype, shape, bytes }: Tensor): OrtTensor {
      if (!crosses(dtype)) throw refused(`A ${dtype} tensor cannot be handed to the engine.`);
      const width = bitsPerElement(dtype) / 8;
      const { buffer, byteOffset, byteLength } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
      const data = new arrays[dtype](buffer as ArrayBuffer, byteOffset, byteLength / width);
      return new EngineTensor(dtype, data as OrtTensor.DataType, [...shape]);
    },

    /** The engine's tensor as ours, on the same bytes. */
    fromEngine({ type, dims, data }: OrtTensor): Tensor {
      if (!ArrayBuffer.isView(data) || type === "string")
        throw refused(`The engine answered a ${type} tensor.`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { dtype: type, shape: dims, bytes };
    },
  };
}
