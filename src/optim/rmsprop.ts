import { arithmetic, decayed, type Optimizer, onVectors } from "./optimizer.ts";

export interface RmspropOptions {
  /** Decay of the mean of squared gradients. Default 0.9. */
  readonly rho?: number;
  /** Default 1e-7, outside the root. */
  readonly epsilon?: number;
  /** Decoupled. Default 0. */
  readonly weightDecay?: number;
}

/** v' = ρ·v + (1 - ρ)·g², w' = w - rate·g / (√v' + ε) (Tieleman and Hinton 2012; defaults as Keras has them). */
export function rmsprop({ rho = 0.9, epsilon = 1e-7, weightDecay = 0 }: RmspropOptions = {}): Optimizer {
  return onVectors({
    name: "rmsprop",
    slots: ["variance"],
    update(builder, site) {
      const { add, sub, mul, div, sqrt } = arithmetic(builder);
      const { gradient, rate } = site;
      const [v = ""] = site.state;
      const variance = add(mul(rho, v), mul(1 - rho, mul(gradient, gradient)));
      const scaled = div(gradient, add(sqrt(variance), epsilon));
      return { weight: sub(decayed(builder, site, weightDecay), mul(rate, scaled)), state: [variance] };
    },
  });
}
