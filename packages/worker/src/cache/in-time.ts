import type { AlluviumError, Clock } from '@alluvium/base';

/** Settles as `work` does, or rejects with `late()` after `limitMs`; the work itself goes on. */
export function inTime<T>(work: Promise<T>, clock: Clock, limitMs: number, late: () => AlluviumError): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(limitMs, () => reject(late()));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
