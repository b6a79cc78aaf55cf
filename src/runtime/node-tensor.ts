import { Tensor } from "onnxruntime-node";
import { engineTensors } from "./engine-tensor.ts";

export const { toEngine, fromEngine } = engineTensors(Tensor, "onnxruntime-node");
