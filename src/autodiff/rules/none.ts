import type { Rule } from "../rule.ts";

/**
 * Operators through which no gradient passes, on purpose: their answers are whole numbers, truth values, places or
 * sizes, which no small change of an input moves. A weight that is used only through one of them cannot be trained.
 */
const none: Rule = () => [];

export {
  none as And,
  none as ArgMax,
  none as ArgMin,
  none as Ceil,
  none as ConstantOfShape,
  none as Equal,
  none as Floor,
  none as Greater,
  none as GreaterOrEqual,
  none as IsInf,
  none as IsNaN,
  none as Less,
  none as LessOrEqual,
  none as NonZero,
  none as Not,
  none as OneHot,
  none as Or,
  none as Range,
  none as Round,
  none as Shape,
  none as Sign,
  none as Size,
  none as Xor,
};
