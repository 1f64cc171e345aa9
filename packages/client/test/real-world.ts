import type { Clock, Random } from '@alluvium/base';
import { randomBytes } from 'node:crypto';

/** The machine's clock and chance, for tests over real sockets. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

export const realRandom: Random = { bytes: (length) => randomBytes(length), next: () => Math.random() };
