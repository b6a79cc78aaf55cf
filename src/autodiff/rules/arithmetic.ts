import type { Gradient, Rule, Site } from "../rule.ts";

/** Both gradients come in the output's shape; the walk sums them back to the operands'. */
function spread(site: Site, da: () => string, db: () => string): readonly Gradient[] {
  const shape = site.shape(site.y);
  return [
    { emit: da, shape },
    { emit: db, shape },
  ];
}

/** y = a + b  =>  da = dy, db = dy */
export const Add: Rule = (site) =>
  spread(
    site,
    () => site.dy,
    () => site.dy,
  );

/** y = a - b  =>  da = dy, db = -dy */
export const Sub: Rule = (site) =>
  spread(
    site,
    () => site.dy,
    () => site.op("Neg", [site.dy]),
  );

/** y = a·b  =>  da = dy·b, db = dy·a */
export const Mul: Rule = (site) =>
  spread(
    site,
    () => site.op("Mul", [site.dy, site.x[1]]),
    () => site.op("Mul", [site.dy, site.x[0]]),
  );

/** y = a / b  =>  da = dy / b, db = -dy·y / b */
export const Div: Rule = (site) =>
  spread(
    site,
    () => site.op("Div", [site.dy, site.x[1]]),
    () => site.op("Neg", [site.op("Div", [site.op("Mul", [site.dy, site.y]), site.x[1]])]),
  );

/** y = Σ xᵢ, broadcast  =>  dxᵢ = dy */
export const Sum: Rule = (site) =>
  site.node.inputs.map(() => ({ emit: () => site.dy, shape: site.shape(site.y) }));
