import { EvaluationError } from "../errors.ts";

/**
 * -H(Y | Z) = Σ P(y, z)·ln(P(y, z)/P(z)),  Z the class that the old head gives a picture, Y its new label
 *
 * Negative conditional entropy, in nats: A. Tran, C. Nguyen, T. Hassner, "Transferability and Hardness of Supervised
 * Classification Tasks" (ICCV 2019). 0 where the old class tells the new one, at worst -ln of the number of classes.
 * Throws EvaluationError on lists of different lengths, or without rows.
 */
export function nce(sourceClasses: Int32Array, labels: Int32Array): number {
  const n = labels.length;
  if (n === 0 || sourceClasses.length !== n) {
    throw new EvaluationError(
      {
        what: `${sourceClasses.length} classes of the old head do not go with ${n} labels.`,
        next: "Pass one of each a picture, at least one.",
      },
      {},
    );
  }
  const pairs = new Map<string, number>();
  const sources = new Map<number, number>();
  for (const [row, label] of labels.entries()) {
    const source = sourceClasses[row]!;
    const pair = `${source} ${label}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    sources.set(source, (sources.get(source) ?? 0) + 1);
  }
  let sum = 0;
  for (const [pair, count] of pairs) {
    sum += (count / n) * Math.log(count / sources.get(Number(pair.split(" ")[0]))!);
  }
  return sum;
}
