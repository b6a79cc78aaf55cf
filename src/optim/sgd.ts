import { arithmetic, decayed, type Optimizer, onVectors } from "./optimizer.ts";

export interface SgdOptions {
  /** Default 0. */
  readonly momentum?: number;
  /** Looks ahead by one step of momentum (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean;
  /** Decoupled. Default 0. */
  readonly weightDecay?: number;
}

/**
 * v' = μ·v + g, w' = w - rate·v', or with Nesterov w' = w - rate·(g + μ·v'). As PyTorch writes it: the velocity does
 * not hold the rate, so that a change of rate acts at once.
 */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimizer {
  return onVectors({
    name: "sgd",
    slots: momentum === 0 ? [] : ["velocity"],
    update(builder, site) {
      const { add, sub, mul } = arithmetic(builder);
      const weight = decayed(builder, site, weightDecay);
      const [velocity] = site.state;
      if (velocity === undefined) return { weight: sub(weight, mul(site.rate, site.gradient)), state: [] };
      const moved = add(mul(momentum, velocity), site.gradient);
      const direction = nesterov ? add(site.gradient, mul(momentum, moved)) : moved;
      return { weight: sub(weight, mul(site.rate, direction)), state: [moved] };
    },
  });
}
