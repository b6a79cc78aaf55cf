/** The entries of a list, or a single value as a list of one. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return isList(value) ? value : [value];
}

/** A list of one as its single value: what is nearly always alone is written so. */
export function oneOrMore<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return first !== undefined && list.length === 1 ? first : list;
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
