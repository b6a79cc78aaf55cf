import { UsageError } from "../core/errors.ts";

/**
 * What gradient steps minimise: cross-entropy, or focal loss (Lin et al. 2017), which plays down what is right already.
 * Validation measures the same, without weights and smoothing: by cross-entropy the solved start of a fine-tuning, its
 * optimum, would nearly always win.
 */
export type Loss =
  | { readonly kind: "cross-entropy" }
  /** `gamma`: how strongly; 0 is cross-entropy. */
  | { readonly kind: "focal"; readonly gamma: number };

export const crossEntropy: Loss = { kind: "cross-entropy" };

/** The paper's gamma, and the most that is taken: there a row that is right by 9 to 1 counts a ten-billionth. */
const [usualGamma, mostGamma] = [2, 10];

/** "cross-entropy", "focal" (gamma 2) or "focal:GAMMA". Throws UsageError. */
export function parseLoss(text: string): Loss {
  const [kind, amount, ...rest] = text.trim().toLowerCase().split(":");
  if (rest.length === 0 && kind === "cross-entropy" && amount === undefined) return crossEntropy;
  if (rest.length === 0 && kind === "focal") {
    if (amount === undefined) return { kind, gamma: usualGamma };
    const gamma = Number(amount);
    if (amount.trim() !== "" && gamma >= 0 && gamma <= mostGamma) return { kind, gamma };
  }
  throw new UsageError(
    {
      what: `'${text}' is no loss to train by.`,
      next: `Choose cross-entropy, focal (which is focal:${usualGamma}) or focal:GAMMA, from 0 to ${mostGamma}.`,
    },
    { option: "loss", value: text },
  );
}

/** The inverse of `parseLoss`, gamma always spelled out. */
export function formatLoss(loss: Loss): string {
  return loss.kind === "focal" ? `focal:${loss.gamma}` : loss.kind;
}
