/**
 * Runs `work` on items with up to `lanes` under way at once, and yields the results in the items' order. When the
 * consumer stops or one fails, no more are begun and those under way are waited for.
 */
export async function* mapConcurrent<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R> {
  const underway: Promise<R>[] = [];
  let next = 0;
  const begin = (): void => {
    const index = next++;
    const promise = work(items[index]!, index);
    // Its failure is met when its turn comes; until then it must not count as unhandled.
    promise.catch(() => {});
    underway.push(promise);
  };
  try {
    while (next < items.length && underway.length < lanes) begin();
    for (let first = underway.shift(); first !== undefined; first = underway.shift()) {
      const result = await first;
      if (next < items.length) begin();
      yield result;
    }
  } finally {
    await Promise.allSettled(underway);
  }
}

/** Drains a generator, handing each event on, and answers what it returns. */
export async function finish<Event, Result>(
  stream: AsyncGenerator<Event, Result>,
  onEvent: (event: Event) => void = () => {},
): Promise<Result> {
  for (;;) {
    const step = await stream.next();
    if (step.done) return step.value;
    onEvent(step.value);
  }
}
