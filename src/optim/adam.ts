import { arithmetic, decayed, type Optimizer, onVectors } from "./optimizer.ts";

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
 *
 * What is remembered leaves the factors (1 - β) out, M = m / (1 - β₁) and V = v / (1 - β₂), and all that is the same for
 * every element goes into two scalars, which saves 4 of 15 passes over the weights:
 *   M' = β₁·M + g, V' = β₂·V + g², with s = √((1 - β₂) / (1 - β₂ᵗ)), r = rate·(1 - β₁) / (1 - β₁ᵗ) / s
 *   w' = w·(1 - rate·λ) - r·M' / (√V' + ε / s)
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return onVectors({
    name: "adam",
    slots: ["gradients", "squares"],
    update(builder, site) {
      const { add, sub, mul, div, pow, sqrt } = arithmetic(builder);
      const { gradient, rate, step } = site;
      const [m = "", v = ""] = site.state;
      const scale = sqrt(div(1 - beta2, sub(1, pow(beta2, step))));
      const unbiasedRate = div(mul(rate, 1 - beta1), mul(sub(1, pow(beta1, step)), scale));
      const gradients = add(mul(beta1, m), gradient);
      const squares = add(mul(beta2, v), mul(gradient, gradient));
      const direction = div(gradients, add(sqrt(squares), div(epsilon, scale)));
      const weight = sub(decayed(builder, site, weightDecay), mul(unbiasedRate, direction));
      return { weight, state: [gradients, squares] };
    },
  });
}
