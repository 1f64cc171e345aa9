import { fail } from '@alluvium/base';
import type { Clock } from '@alluvium/base';

/** Waits for `promise`, at most `timeoutMs` (`deadlineExceeded`) and until `signal` is aborted (`cancelled`). The promise itself goes on. */
export function within<T>(promise: Promise<T>, clock: Clock, timeoutMs: number | undefined, signal?: AbortSignal): Promise<T> {
  if (timeoutMs === undefined && signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(fail('cancelled', 'Call cancelled', signal?.reason));
    if (signal?.aborted === true) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    const timer =
      timeoutMs === undefined
        ? undefined
        : clock.schedule(timeoutMs, () => reject(fail('deadlineExceeded', `Deadline of ${timeoutMs} ms exceeded`)));
    const done = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', aborted);
    };
    promise.then(resolve, reject).finally(done);
  });
}
