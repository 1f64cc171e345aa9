/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/** Time, handed in from outside so that a simulation can own it. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch. May jump. */
  nowMs(): number;
  /** Monotonic milliseconds from an arbitrary origin: for leases, deadlines, intervals. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. Does not keep a process alive. */
  schedule(delayMs: number, callback: () => void): Timer;
}

/** Resolves after `delayMs`; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Settles as `work` does, which is given a signal: aborted with `late()` after `limitMs`, and when `outer` is. It is waited for in any
 * case: work that does not heed its signal is not cut off.
 */
export async function withinTime<T>(
  clock: Clock,
  limitMs: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const end = new AbortController();
  const timer = clock.schedule(limitMs, () => end.abort(late()));
  try {
    return await work(outer === undefined ? end.signal : AbortSignal.any([outer, end.signal]));
  } finally {
    timer.cancel();
  }
}
