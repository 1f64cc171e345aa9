import type { Clock, Timer } from '@alluvium/base';

/** setTimeout fires at once for longer delays; longer waits are made of several. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The clock of this machine. Its timers do not keep the process alive. */
export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback): Timer {
    let left = delayMs;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const step = Math.min(left, MAX_DELAY_MS);
      left -= step;
      timer = setTimeout(() => (left > 0 ? wait() : callback()), step).unref();
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  },
};
