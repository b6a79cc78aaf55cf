import { type DType, float16, float32, floats, int64, scalar, type Tensor } from "../core/tensor.ts";
import {
  attributeOf,
  describe,
  floatAttr,
  floatsAttr,
  intAttr,
  intsAttr,
  stringAttr,
} from "../onnx/attributes.ts";
import type { Attribute, Graph, Model, Node, TensorType } from "../onnx/graph.ts";
import { definedNames } from "../onnx/names.ts";
import { UpgradeError } from "./errors.ts";
import { halfOf } from "./float16.ts";

/** The operator set that Tsugiki writes: the first with the antialiased Resize that preprocessing needs. */
export const targetOpset = 18;
/** Older ones broadcast, normalise and drop out by other rules. */
const oldestOpset = 7;

/** What a change to one operator may ask for. */
interface Context {
  /** Adds a constant to the graph and returns its name. */
  constant(tensor: Tensor, hint: string): string;
  fresh(hint: string): string;
  typeOf(value: string): Pick<TensorType, "dtype" | "shape"> | undefined;
  /** The numbers of a small float32 constant. */
  constantFloats(value: string): readonly number[] | undefined;
  refuse(node: Node, why: string): UpgradeError;
}

interface Change {
  readonly opType: string;
  /** The operator set in which the operator took its new form: older nodes are rewritten. */
  readonly since: number;
  readonly rewrite: (node: Node, context: Context) => readonly Node[];
}

function without(node: Node, ...names: readonly string[]): Map<string, Attribute> {
  return new Map([...node.attributes].filter(([name]) => !names.includes(name)));
}

function withAttribute(node: Node, name: string, value: number | string): Node {
  return { ...node, attributes: new Map(node.attributes).set(name, attributeOf(value)) };
}

/** Moves a list of ints from an attribute to the input at `position`. */
function intsToInput(name: string, position: number): Change["rewrite"] {
  return (node, context) => {
    const value = intsAttr(node, name);
    const attributes = without(node, name);
    if (value === undefined) return [{ ...node, attributes }];
    const inputs = [...node.inputs];
    while (inputs.length < position) inputs.push("");
    inputs[position] = context.constant(int64(value), name);
    return [{ ...node, inputs, attributes }];
  };
}

/** Before opset 13 these ran over all axes from `axis` on, as if the tensor were a matrix. */
function softmax(node: Node, context: Context): readonly Node[] {
  const axis = intAttr(node, "axis", 1);
  const rank = context.typeOf(node.inputs[0]!)?.shape?.length;
  if (axis === -1 || rank === (axis < 0 ? axis + rank! : axis) + 1) return [withAttribute(node, "axis", -1)];
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const [flat, soft, shape] = [
    context.fresh(`${y}_flat`),
    context.fresh(`${y}_soft`),
    context.fresh(`${y}_shape`),
  ];
  // Without names: two nodes of the same name would be refused.
  const plain = (
    opType: string,
    inputs: string[],
    output: string,
    attributes = new Map<string, Attribute>(),
  ): Node => ({ name: "", opType, domain: "", inputs, outputs: [output], attributes });
  return [
    plain("Shape", [x], shape),
    plain("Flatten", [x], flat, new Map([["axis", attributeOf(axis)]])),
    { ...withAttribute(node, "axis", -1), inputs: [flat], outputs: [soft] },
    plain("Reshape", [soft, shape], y),
  ];
}

/** A number as a scalar of the type of the node's first input, which its bounds and paddings must have. */
function likeInput(node: Node, value: number, { typeOf }: Context): Tensor {
  const dtype: DType = typeOf(node.inputs[0]!)?.dtype ?? "float32";
  if (dtype === "float16") return float16(Uint16Array.of(halfOf(value)), []);
  if (dtype === "float64") return { dtype, shape: [], bytes: new Uint8Array(Float64Array.of(value).buffer) };
  return scalar(value);
}

function clip(node: Node, context: Context): readonly Node[] {
  const bound = (name: string): string => {
    const value = floatAttr(node, name);
    return value === undefined ? "" : context.constant(likeInput(node, value, context), name);
  };
  const attributes = without(node, "min", "max");
  return [{ ...node, inputs: [node.inputs[0]!, bound("min"), bound("max")], attributes }];
}

function pad(node: Node, context: Context): readonly Node[] {
  const pads = context.constant(int64(intsAttr(node, "pads", [])), "pads");
  const value = context.constant(likeInput(node, floatAttr(node, "value", 0), context), "value");
  return [{ ...node, inputs: [node.inputs[0]!, pads, value], attributes: without(node, "pads", "value") }];
}

function slice(node: Node, context: Context): readonly Node[] {
  const starts = intsAttr(node, "starts", []);
  const list = (name: string, values: readonly number[]) => context.constant(int64(values), name);
  const axes = intsAttr(
    node,
    "axes",
    starts.map((_, i) => i),
  );
  const inputs = [
    node.inputs[0]!,
    list("starts", starts),
    list("ends", intsAttr(node, "ends", [])),
    list("axes", axes),
  ];
  return [{ ...node, inputs, attributes: new Map() }];
}

/** A Split that names no sizes must say how many parts it makes. */
function split(node: Node, context: Context): readonly Node[] {
  const sizes = intsAttr(node, "split");
  if (sizes !== undefined) return intsToInput("split", 1)(node, context);
  return node.inputs[1] ? [node] : [withAttribute(node, "num_outputs", node.outputs.length)];
}

/**
 * Upsample, and the first Resize: both measured from the corner. Their specifications do not say to which side "nearest"
 * rounds; ONNX Runtime rounds down where it enlarges and up where it makes smaller.
 */
function resize(node: Node, context: Context): readonly Node[] {
  const mode = stringAttr(node, "mode", "nearest");
  const scales = node.inputs[1] ?? context.constant(float32([...floatsAttr(node, "scales", [])]), "scales");
  const factors = context.constantFloats(scales) ?? [];
  const shrinks = factors.some((factor) => factor < 1);
  if (mode === "nearest" && shrinks && factors.some((factor) => factor > 1)) {
    throw context.refuse(node, "it enlarges one axis and makes another smaller");
  }
  const attributes: Node["attributes"] = new Map([
    ["mode", attributeOf(mode === "bilinear" ? "linear" : mode)],
    ["coordinate_transformation_mode", attributeOf("asymmetric")],
    ["nearest_mode", attributeOf(shrinks ? "ceil" : "floor")],
  ]);
  return [{ ...node, opType: "Resize", inputs: [node.inputs[0]!, "", scales], attributes }];
}

function batchNormalization(node: Node, context: Context): readonly Node[] {
  if (intAttr(node, "spatial", 1) !== 1) throw context.refuse(node, "spatial = 0 has no equal today");
  return [{ ...node, outputs: node.outputs.slice(0, 1), attributes: without(node, "spatial", "momentum") }];
}

function topK(node: Node, context: Context): readonly Node[] {
  const k = context.constant(int64([intAttr(node, "k", 1)]), "k");
  return [{ ...node, inputs: [node.inputs[0]!, k], attributes: without(node, "k") }];
}

const axesAttribute = intsToInput("axes", 1);
const reduces = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"];

/** Before opset 9 Scan ran over a batch axis of its own. */
const refuseScan: Change["rewrite"] = (node, context) => {
  throw context.refuse(node, "it runs over a batch axis that Scan no longer has");
};

/**
 * Every change between opset 7 and 18 that an old node would not survive, from onnx's docs/Changelog.md; of signatures,
 * held complete against the schemas that the onnx package 1.23 lists.
 */
const changes: readonly Change[] = [
  { opType: "Upsample", since: 99, rewrite: resize },
  { opType: "Resize", since: 11, rewrite: resize },
  { opType: "Slice", since: 10, rewrite: slice },
  { opType: "TopK", since: 10, rewrite: topK },
  { opType: "Clip", since: 11, rewrite: clip },
  { opType: "Pad", since: 11, rewrite: pad },
  {
    opType: "RoiAlign",
    since: 16,
    rewrite: (node) => [withAttribute(node, "coordinate_transformation_mode", "output_half_pixel")],
  },
  { opType: "Scan", since: 9, rewrite: refuseScan },
  { opType: "Scatter", since: 99, rewrite: (node) => [{ ...node, opType: "ScatterElements" }] },
  { opType: "Dropout", since: 12, rewrite: (node) => [{ ...node, attributes: without(node, "ratio") }] },
  { opType: "Softmax", since: 13, rewrite: softmax },
  { opType: "LogSoftmax", since: 13, rewrite: softmax },
  { opType: "Hardmax", since: 13, rewrite: softmax },
  { opType: "Squeeze", since: 13, rewrite: axesAttribute },
  { opType: "Unsqueeze", since: 13, rewrite: axesAttribute },
  { opType: "ReduceSum", since: 13, rewrite: axesAttribute },
  { opType: "BatchNormalization", since: 14, rewrite: batchNormalization },
  { opType: "Split", since: 18, rewrite: split },
  ...reduces.map((name) => ({ opType: `Reduce${name}`, since: 18, rewrite: axesAttribute })),
];

const changeOf = new Map(changes.map((change) => [change.opType, change]));

function upgradeGraph(graph: Graph, from: number, taken: Set<string>): Graph {
  const initializers = new Map(graph.initializers);
  const context: Context = {
    fresh(hint) {
      let name = hint;
      for (let i = 1; taken.has(name); i++) name = `${hint}_${i}`;
      taken.add(name);
      return name;
    },
    constant(tensor, hint) {
      const name = context.fresh(hint);
      initializers.set(name, tensor);
      return name;
    },
    typeOf(value) {
      const known = initializers.get(value);
      if (known !== undefined) return known;
      const type = (graph.values.get(value) ?? graph.inputs.find(({ name }) => name === value))?.type;
      return type?.kind === "tensor" ? type : undefined;
    },
    constantFloats(value) {
      const tensor = initializers.get(value);
      return tensor?.dtype === "float32" ? Array.from(floats(tensor)) : undefined;
    },
    refuse: (node, why) =>
      new UpgradeError(
        {
          what: `${describe(node)} is of operator set ${from} and cannot be brought to ${targetOpset}: ${why}.`,
          next: "Export the model again with a newer operator set.",
        },
        { node: node.name, opset: from },
      ),
  };
  const nodes = graph.nodes.flatMap((node) => {
    const inner = upgradeBodies(node, from, taken);
    const change = node.domain === "" ? changeOf.get(node.opType) : undefined;
    return change !== undefined && from < change.since ? change.rewrite(inner, context) : [inner];
  });
  return { ...graph, nodes, initializers };
}

function upgradeBodies(node: Node, from: number, taken: Set<string>): Node {
  const attributes = new Map(node.attributes);
  for (const [name, attribute] of attributes) {
    if (attribute.type === "graph") {
      attributes.set(name, { type: "graph", value: upgradeGraph(attribute.value, from, taken) });
    }
  }
  return { ...node, attributes };
}

/**
 * The same network in operator set 18 or later, so that everything behind meets one dialect. Softmax of old operator
 * sets is simpler for shapes being known: infer them first. Throws UpgradeError where an operator has no equal.
 */
export function upgrade(model: Model): Model {
  const from = model.opsets.get("") ?? 1;
  if (from >= targetOpset) return model;
  if (from < oldestOpset) {
    throw new UpgradeError(
      {
        what: `The model is of operator set ${from}; Tsugiki reads ${oldestOpset} and later.`,
        next: "Export it again, or bring it up with onnx.version_converter (Python).",
      },
      { node: "", opset: from },
    );
  }
  return {
    ...model,
    irVersion: Math.max(model.irVersion, 8),
    opsets: new Map(model.opsets).set("", targetOpset),
    graph: upgradeGraph(model.graph, from, definedNames(model.graph)),
  };
}
