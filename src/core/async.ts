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

/** Drains a generator, handing each event on, and answers what it returns; the generator is closed whatever happens. */
export async function finish<Event, Result>(
  stream: AsyncGenerator<Event, Result>,
  onEvent: (event: Event) => void = () => {},
): Promise<Result> {
  const tapped = tap(stream, onEvent);
  for (;;) {
    const step = await tapped.next();
    if (step.done) return step.value;
  }
}

/**
 * Yields every event of a generator after handing it to `onEvent`, and returns its result. The generator is closed when
 * `onEvent` throws or the consumer stops: what it holds open (engine threads, files) would outlive it otherwise.
 */
export async function* tap<Event, Result>(
  stream: AsyncGenerator<Event, Result>,
  onEvent: (event: Event) => void,
): AsyncGenerator<Event, Result> {
  // Closing what has ended, or was closed before, does nothing.
  const close = () => stream.return(undefined as never);
  try {
    for (;;) {
      const step = await stream.next();
      if (step.done) return step.value;
      onEvent(step.value);
      yield step.value;
    }
  } catch (error) {
    // The first error is the one to tell, whatever goes wrong on the way out.
    await close().catch(() => {});
    throw error;
  } finally {
    await close();
  }
}

/**
 * Runs work that reports by a call, and yields its reports as they come: the latest alone where they come faster than
 * they are taken. The work's signal is aborted when the consumer stops.
 */
export async function* reporting<Report, Result>(
  work: (report: (report: Report) => void, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Report, Result> {
  const stopped = new AbortController();
  let latest: { readonly report: Report } | undefined;
  let wake = (): void => {};
  const result = work(
    (report) => {
      latest = { report };
      wake();
    },
    signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal,
  );
  let settled = false;
  const end = (): void => {
    settled = true;
    wake();
  };
  result.then(end, end);
  try {
    while (!settled || latest !== undefined) {
      if (latest === undefined) await new Promise<void>((resolve) => (wake = resolve));
      const taken = latest;
      latest = undefined;
      if (taken !== undefined) yield taken.report;
    }
    return await result;
  } finally {
    stopped.abort();
    await result.catch(() => {});
  }
}
