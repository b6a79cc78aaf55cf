/**
 * The work's outcome, or the signal's reason as soon as it is aborted, whatever the work does then. Node's fetch holds the
 * signals that it is given so loosely that they may be collected as garbage while an answer is awaited, and then it waits
 * for ever.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const heard = (): void => signal.removeEventListener("abort", stop);
    work.then(resolve, reject).finally(heard);
    if (signal.aborted) stop();
  });
}

/** A controller that a signal aborts too, until it is let go. */
export function following(signal: AbortSignal | undefined): AbortController & { letGo(): void } {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) follow();
  signal?.addEventListener("abort", follow, { once: true });
  return Object.assign(controller, { letGo: () => signal?.removeEventListener("abort", follow) });
}
