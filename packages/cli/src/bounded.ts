import type { Clock, Timer } from '@alluvium/base';

/**
 * Calls `work` for each item, at most `limit` at a time; items are taken as there is room for them. The first error stops the
 * taking, lets what is under way end, and is thrown.
 */
export async function forEachBounded<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed = false;
  let firstError: unknown;
  const onError = (error: unknown): void => {
    if (!failed) firstError = error;
    failed = true;
  };
  try {
    for await (const item of items) {
      if (failed) break;
      const task: Promise<void> = work(item)
        .catch(onError)
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= limit) await Promise.race(running);
      if (failed) break;
    }
  } catch (error) {
    onError(error);
  }
  await Promise.all(running);
  if (failed) throw firstError;
}

/** What `work` comes to, if it does within `limitMs`; else rejects with `tooLate`, and nobody waits for `work` any more. */
export function withinMs<T>(clock: Clock, limitMs: number, work: Promise<T>, tooLate: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(limitMs, () => reject(tooLate));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/**
 * What `work` comes to. Once `signal` is aborted, `work` has `limitMs` to clean up and end; after that the promise rejects with
 * `tooLate`, and nobody waits for `work` any more.
 */
export async function endsWithSignal<T>(clock: Clock, signal: AbortSignal, limitMs: number, work: Promise<T>, tooLate: Error): Promise<T> {
  let timer: Timer | undefined;
  let onAbort = (): void => {};
  const late = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = clock.schedule(limitMs, () => reject(tooLate));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    timer?.cancel();
  }
}
