import type { Random } from "../core/random.ts";
import { float32, sizeOf, type Tensor } from "../core/tensor.ts";
import { intAttr } from "../onnx/attributes.ts";
import type { Model, Node } from "../onnx/graph.ts";
import { blocksOf } from "./blocks.ts";

/**
 * The model with its weights drawn anew, as if it had never been trained: kernels by He et al. (2015), matrices by LeCun et
 * al. (1998), tables of embeddings N(0, 0.02²), biases 0, scales of normalisations 1, their running means 0 and
 * variances 1. Constants that are no weights stay.
 */
export function drawFresh(model: Model, random: Random): Model {
  const { graph } = model;
  const initializers = new Map(graph.initializers);
  const weights = new Set(blocksOf(graph).flatMap((block) => block.weights));
  for (const node of graph.nodes) {
    for (const [i, name] of node.inputs.entries()) {
      const tensor = graph.initializers.get(name);
      if (tensor === undefined) continue;
      const statistic = node.opType === "BatchNormalization" && i >= 3;
      if (statistic) initializers.set(name, filled(tensor, i === 3 ? 0 : 1));
      if (!weights.delete(name)) continue;
      initializers.set(name, drawn(node, i, tensor, random));
    }
  }
  return { ...model, graph: { ...graph, initializers } };
}

function drawn(node: Node, i: number, tensor: Tensor, random: Random): Tensor {
  const { shape } = tensor;
  switch (node.opType) {
    case "Conv":
      return i === 1 ? normal(tensor, Math.sqrt(2 / sizeOf(shape.slice(1))), random) : filled(tensor, 0);
    case "ConvTranspose": {
      const fan = ((shape[0] ?? 1) / intAttr(node, "group", 1)) * sizeOf(shape.slice(2));
      return i === 1 ? normal(tensor, Math.sqrt(2 / fan), random) : filled(tensor, 0);
    }
    case "Gemm": {
      const inputs = intAttr(node, "transB", 0) === 1 ? shape[1] : shape[0];
      return i === 1 ? normal(tensor, Math.sqrt(1 / (inputs ?? 1)), random) : filled(tensor, 0);
    }
    case "MatMul":
      return normal(tensor, Math.sqrt(1 / (shape.at(i === 0 ? -1 : -2) ?? 1)), random);
    case "BatchNormalization":
    case "InstanceNormalization":
    case "LayerNormalization":
    case "GroupNormalization":
      return filled(tensor, i === 1 ? 1 : 0);
    case "PRelu":
      return filled(tensor, 0.25);
    // A vector that multiplies is a normalisation's scale, one that is added a bias.
    case "Mul":
    case "Div":
      return isVector(shape) ? filled(tensor, 1) : normal(tensor, tableStd, random);
    case "Add":
    case "Sub":
      return isVector(shape) ? filled(tensor, 0) : normal(tensor, tableStd, random);
    default:
      return normal(tensor, tableStd, random);
  }
}

const tableStd = 0.02;

function isVector(shape: readonly number[]): boolean {
  return shape.filter((dim) => dim > 1).length <= 1;
}

function normal({ shape }: Tensor, std: number, random: Random): Tensor {
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => std * random.normal()),
    shape,
  );
}

function filled({ shape }: Tensor, value: number): Tensor {
  return float32(new Float32Array(sizeOf(shape)).fill(value), shape);
}
