import { arithmetic, decayed, type Optimizer } from "./optimizer.ts";

export interface AdamOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8, outside the root. */
  readonly epsilon?: number;
  /** Decoupled. Default 0; AdamW is Adam with 0.01. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1); with weight decay it is AdamW (Loshchilov and Hutter 2019, algorithm 2, the
 * rate multiplying the decay too, as PyTorch has it):
 *   m' = β₁·m + (1 - β₁)·g, v' = β₂·v + (1 - β₂)·g²
 *   w' = w·(1 - rate·λ) - rate·(m' / (1 - β₁ᵗ)) / (√(v' / (1 - β₂ᵗ)) + ε)
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    name: "adam",
    slots: ["mean", "variance"],
    update(builder, site) {
      const { add, sub, mul, div, pow, sqrt } = arithmetic(builder);
      const { gradient, rate, step } = site;
      const [m = "", v = ""] = site.state;
      const mean = add(mul(beta1, m), mul(1 - beta1, gradient));
      const variance = add(mul(beta2, v), mul(1 - beta2, mul(gradient, gradient)));
      const unbiased = div(mean, sub(1, pow(beta1, step)));
      const spread = add(sqrt(div(variance, sub(1, pow(beta2, step)))), epsilon);
      const weight = decayed(builder, site, weightDecay);
      return { weight: sub(weight, mul(rate, div(unbiased, spread))), state: [mean, variance] };
    },
  };
}
