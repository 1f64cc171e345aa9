// What an aborted signal does to work that is under way: it rejects with `cancelled`, whatever the reason was.
import { fail } from '@alluvium/base';
import type { AlluviumError, Clock } from '@alluvium/base';

export function cancelledBy(signal: AbortSignal): AlluviumError {
  return fail('cancelled', 'Aborted by the caller', signal.reason);
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelledBy(signal);
}

/** Waits for `work`, but no longer than until the signal aborts. The work itself goes on. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelledBy(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Waits for `work` for at most `limitMs`, then rejects with `deadlineExceeded` and the text of `what`. */
export function inTime<T>(work: Promise<T>, clock: Clock, limitMs: number, what: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(limitMs, () => reject(fail('deadlineExceeded', `${what()}: no answer within ${limitMs} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
