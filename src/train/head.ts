import { assertNever } from "../core/assert.ts";
import { UsageError } from "../core/errors.ts";
import { activations, type HeadLayer, type HeadSpec } from "../surgery/head-graph.ts";

export type { HeadLayer, HeadSpec };

const grammar =
  'A head is "linear", or layers from the features on, with commas between: "dense:UNITS", ' +
  `"dense:UNITS:ACTIVATION" (${activations.join(", ")}; relu when left out) and "dropout:RATE". ` +
  "The linear layer onto the classes is implied.";

/** More than any published head; beyond it a typing slip would ask for gigabytes. */
const maxUnits = 65_536;
const maxLayers = 32;

/** "linear", "dense:1024:relu,dropout:0.2,dense:256:gelu" and the like. Throws UsageError with the closest right form. */
export function parseHead(text: string): HeadSpec {
  const words = text.trim().toLowerCase().split(",");
  if (words.length === 1 && words[0] === "linear") return [];
  if (words.length > maxLayers) {
    throw headError(`A head of ${words.length} layers; at most ${maxLayers} are taken.`, text, []);
  }
  return words.map((word) => {
    const layer = parseLayer(word.trim());
    if (layer === undefined) {
      const closest = words.flatMap((each) => repair(each.trim()));
      throw headError(`'${shorten(word.trim())}' is no layer of a head.`, text, closest);
    }
    return layer;
  });
}

/** The inverse of `parseHead`, activations always spelled out. */
export function formatHead(spec: HeadSpec): string {
  return spec.length === 0 ? "linear" : spec.map(formatLayer).join(",");
}

function formatLayer(layer: HeadLayer): string {
  switch (layer.kind) {
    case "dense":
      return `dense:${layer.units}:${layer.activation}`;
    case "dropout":
      return `dropout:${layer.rate}`;
    default:
      return assertNever(layer);
  }
}

function parseLayer(word: string): HeadLayer | undefined {
  const [kind, amount = "", name, ...rest] = word.split(":");
  if (rest.length > 0) return undefined;
  if (kind === "dense" && /^[1-9]\d{0,9}$/.test(amount) && Number(amount) <= maxUnits) {
    const activation = activations.find((each) => each === (name ?? "relu"));
    return activation && { kind, units: Number(amount), activation };
  }
  // Exponents are taken because numbers below 1e-6 print with one.
  if (kind === "dropout" && name === undefined && /^(0|0?\.\d+|0\.|\d(\.\d+)?e-\d+)$/.test(amount)) {
    const rate = Number(amount);
    return rate < 1 ? { kind, rate } : undefined;
  }
  return undefined;
}

/** The layer that a wrong word most likely meant, as [layer]; [] where nothing can be made of it. */
function repair(word: string): HeadLayer[] {
  const right = parseLayer(word);
  if (right) return [right];
  const [first = "", ...others] = word.split(/[^a-z0-9.-]+/);
  const numbers = others.map(Number).filter((number) => Number.isFinite(number) && number > 0);
  const amount = /^\d*\.?\d+$/.test(first) ? Number(first) : numbers[0];
  if (amount === undefined) return /^drop/.test(word) ? [{ kind: "dropout", rate: 0.2 }] : [];
  if (/^drop/.test(first) || amount < 1) {
    // "dropout:20" most likely says per cent.
    const rate = amount < 1 ? amount : amount > 1 && amount < 100 ? amount / 100 : 0.2;
    return [{ kind: "dropout", rate }];
  }
  const named = activations.find((each) =>
    others.some((other) => other !== "" && each.startsWith(other.slice(0, 3))),
  );
  const units = Math.min(maxUnits, Math.max(1, Math.round(amount)));
  return [{ kind: "dense", units, activation: named ?? "relu" }];
}

function headError(what: string, text: string, closest: HeadSpec): UsageError {
  const example =
    closest.length > 0 ? `Closest: "${formatHead(closest)}".` : 'For example: "dense:256:relu,dropout:0.2".';
  return new UsageError({ what, why: grammar, next: example }, { option: "head", value: text });
}

function shorten(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word;
}
