import { float, floatAttr, intAttr, stringAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";
import { constantNumber } from "./constant-number.ts";
import { above, below, between, bySign, farthest, toFloat } from "./masks.ts";
import { through, times } from "./through.ts";

/** y = max(x, 0)  =>  dx = dy·[y > 0]; 0 at the kink, as PyTorch has it */
export const Relu: Rule = (site) => through(() => times(site, above(site, site.y, 0)));

/** y = x, or α·x where x < 0  =>  dx = dy, or α·dy; y has the sign of x unless α < 0 */
export const LeakyRelu: Rule = (site) => {
  const alpha = floatAttr(site.node, "alpha", 0.01);
  return through(() => times(site, bySign(site, alpha < 0 ? site.x[0] : site.y, alpha, 1)));
};

/** y = x, or slope·x where x < 0  =>  dx = dy·(slope + (1 - slope)·[x > 0]), dslope = Σ dy·min(x, 0) */
export const PRelu: Rule = (site) => {
  const { op, x, y, shape } = site;
  const [input, slope] = x;
  return [
    {
      emit: () => {
        const rest = op("Mul", [above(site, input, 0), op("Sub", [1, slope])]);
        return times(site, op("Add", [rest, slope]));
      },
    },
    { emit: () => times(site, op("Min", [input, 0])), shape: shape(y) },
  ];
};

/** y = x, or α·(eˣ - 1) where x < 0  =>  dx = dy, or dy·α·eˣ, which for α = 1 is dy·(y + 1) */
export const Elu: Rule = (site) => {
  const alpha = floatAttr(site.node, "alpha", 1);
  return through(() => (alpha === 1 ? throughLift(site, 1) : throughExponential(site, alpha, 1)));
};

/** y = γ·x, or γ·α·(eˣ - 1) where x < 0  =>  dx = dy·γ, or dy·γ·α·eˣ */
export const Selu: Rule = (site) => {
  // The specification's defaults, α = 1.6732632 and γ = 1.0507010 (Klambauer et al. 2017), as float32.
  const alpha = floatAttr(site.node, "alpha", Math.fround(1.6732632423543772));
  const gamma = floatAttr(site.node, "gamma", Math.fround(1.0507009873554805));
  return through(() => throughExponential(site, gamma * alpha, gamma));
};

/** y = x, or α·(e^(x/α) - 1) where x < 0  =>  dx = dy, or dy·e^(x/α) = dy·(y/α + 1) */
export const Celu: Rule = (site) => through(() => throughLift(site, floatAttr(site.node, "alpha", 1)));

/** dy·(min(y, 0)/α + 1) */
function throughLift(site: Site, alpha: number): string {
  const low = site.op("Min", [site.y, 0]);
  return times(site, site.op("Add", [alpha === 1 ? low : site.op("Mul", [low, 1 / alpha]), 1]));
}

/** dy·slope where x > 0, dy·scale·eˣ where x < 0: scale·exp(min(x, 0)) + (slope - scale)·[x > 0] */
function throughExponential(site: Site, scale: number, slope: number): string {
  const { op, x } = site;
  const low = op("Mul", [op("Exp", [op("Min", [x[0], 0])]), scale]);
  return times(site, op("Add", [low, op("Mul", [above(site, x[0], 0), slope - scale])]));
}

/** y = x where x > α, else 0  =>  dx = dy·[x > α] */
export const ThresholdedRelu: Rule = (site) =>
  through(() => times(site, above(site, site.x[0], floatAttr(site.node, "alpha", 1))));

/**
 * y = min(max(x, low), high)  =>  dx = dy·[low < x < high], dlow = Σ dy·[x < low], dhigh = Σ dy·[x > high]. Known bounds
 * are compared with y, so that x need not be kept: the engine may fuse the Clip into the convolution before it.
 */
export const Clip: Rule = (site) => {
  const { op, x, y, dy, shape } = site;
  const [input, low, high] = x;
  const outside = (comparison: "Less" | "Greater", bound: string) => ({
    emit: () => times(site, toFloat(site, op(comparison, [input, bound]))),
    shape: shape(y),
  });
  const passed = (): string => {
    const least = low === "" ? Number.NEGATIVE_INFINITY : constantNumber(site, low);
    const most = high === "" ? Number.POSITIVE_INFINITY : constantNumber(site, high);
    if (least !== undefined && most !== undefined) {
      const [hasLow, hasHigh] = [least > -farthest, most < farthest];
      if (hasLow && hasHigh) return times(site, between(site, y, least, most));
      if (hasLow) return times(site, above(site, y, least));
      return hasHigh ? times(site, below(site, y, most)) : dy;
    }
    const inside = [
      ...(low === "" ? [] : [op("Greater", [input, low])]),
      ...(high === "" ? [] : [op("Less", [input, high])]),
    ];
    return times(site, toFloat(site, inside.length === 2 ? op("And", inside) : (inside[0] ?? "")));
  };
  return [{ emit: passed }, outside("Less", low), outside("Greater", high)];
};

/** y = σ(x)  =>  dx = dy·y·(1 - y) */
export const Sigmoid: Rule = (site) =>
  through(() => times(site, site.op("Mul", [site.y, site.op("Sub", [1, site.y])])));

/** y = tanh x  =>  dx = dy·(1 - y²) */
export const Tanh: Rule = (site) =>
  through(() => times(site, site.op("Sub", [1, site.op("Mul", [site.y, site.y])])));

/** y = min(max(α·x + β, 0), 1)  =>  dx = dy·α·[0 < y < 1] */
export const HardSigmoid: Rule = (site) => {
  const alpha = floatAttr(site.node, "alpha", 0.2);
  return through(() => times(site, site.op("Mul", [between(site, site.y, 0, 1), alpha])));
};

/** y = x·h(x), h(x) = min(max(x/6 + ½, 0), 1)  =>  dx = dy·(h(x) + x/6·[|x| < 3]) */
export const HardSwish: Rule = (site) => {
  const { op, x } = site;
  return through(() => {
    const gate = op("HardSigmoid", [x[0]], { alpha: float(1 / 6), beta: float(0.5) });
    const ramp = op("Mul", [op("Mul", [x[0], between(site, x[0], -3, 3)]), 1 / 6]);
    return times(site, op("Add", [gate, ramp]));
  });
};

/** y = x·Φ(x)  =>  dx = dy·(Φ(x) + x·φ(x)); or the tanh approximation, see there */
export const Gelu: Rule = (site) => {
  const approximate = stringAttr(site.node, "approximate", "none");
  return through(() => times(site, approximate === "tanh" ? tanhGeluSlope(site) : geluSlope(site)));
};

/** Φ(x) + x·φ(x) with t = x/√2: (1 + erf t)/2 + t·exp(-t²)/√π */
function geluSlope({ op, x }: Site): string {
  const t = op("Mul", [x[0], Math.SQRT1_2]);
  // HardSigmoid as the line ½·e + ½ in one pass: erf stays within ±1, so it never clamps.
  const phi = op("HardSigmoid", [op("Erf", [t])], { alpha: float(0.5), beta: float(0.5) });
  const bell = op("Exp", [op("Neg", [op("Mul", [t, t])])]);
  return op("Add", [phi, op("Mul", [op("Mul", [t, bell]), 1 / Math.sqrt(Math.PI)])]);
}

/**
 * y = x·½(1 + tanh u) = x·s, s = σ(2u), 2u = k·(x + c·x³)  =>  dy/dx = s + y·(1 - s)·k·(1 + 3c·x²);
 * k = 2√(2/π), c = 0.044715 (Hendrycks and Gimpel 2016)
 */
function tanhGeluSlope({ op, x, y }: Site): string {
  const [k, c] = [2 * Math.sqrt(2 / Math.PI), 0.044715];
  const square = op("Mul", [x[0], x[0]]);
  const s = op("Sigmoid", [op("Mul", [op("Add", [op("Mul", [square, k * c]), k]), x[0]])]);
  const inner = op("Add", [op("Mul", [square, 3 * k * c]), k]);
  return op("Add", [s, op("Mul", [op("Mul", [op("Sub", [1, s]), y]), inner])]);
}

/** y = ln(1 + eˣ)  =>  dx = dy·σ(x) */
export const Softplus: Rule = (site) => through(() => times(site, site.op("Sigmoid", [site.x[0]])));

/** y = x / (1 + |x|)  =>  dx = dy / (1 + |x|)² = dy·(1 - |y|)² */
export const Softsign: Rule = (site) =>
  through(() => {
    const root = site.op("Sub", [1, site.op("Abs", [site.y])]);
    return times(site, site.op("Mul", [root, root]));
  });

/**
 * y = x·t, t = tanh(ln(1 + eˣ))  =>  dx = dy·(t + x·(1 - t²)·σ(x)). With q = σ(-x), t = (1 - q²) / (1 + q²): nothing
 * overflows, and the engine's slow Softplus is not needed.
 */
export const Mish: Rule = (site) => {
  const { op, x } = site;
  return through(() => {
    const q = op("Sigmoid", [op("Neg", [x[0]])]);
    const square = op("Mul", [q, q]);
    const t = op("Div", [op("Sub", [1, square]), op("Add", [1, square])]);
    const slope = op("Sub", [1, op("Mul", [t, t])]);
    return times(site, op("Add", [t, op("Mul", [op("Mul", [x[0], slope]), op("Sub", [1, q])])]));
  });
};

/** y = eˣ / Σ eˣ along an axis  =>  dx = y·(dy - Σ dy·y) = dy·y - y·Σ dy·y */
export const Softmax: Rule = (site) => {
  const { node, op, ints, y } = site;
  return through(() => {
    const product = times(site, y);
    const sum = op("ReduceSum", [product, ints([intAttr(node, "axis", -1)])], { keepdims: 1 });
    return op("Sub", [product, op("Mul", [y, sum])]);
  });
};

/** y = x - ln Σ eˣ along an axis  =>  dx = dy - eʸ·Σ dy */
export const LogSoftmax: Rule = ({ node, op, ints, y, dy }) =>
  through(() => {
    const sum = op("ReduceSum", [dy, ints([intAttr(node, "axis", -1)])], { keepdims: 1 });
    return op("Sub", [dy, op("Mul", [op("Exp", [y]), sum])]);
  });
