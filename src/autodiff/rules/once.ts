/** A value that is made at the first call and kept: two gradients of a node may share nodes, and neither need be asked. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
